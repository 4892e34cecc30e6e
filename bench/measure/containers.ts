import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import Docker from 'dockerode';

import { containerSpec } from '../../src/core/container/spec.ts';
import { closedContainer, serverDefaults } from '../../src/core/profile/profile.ts';
import { createOptions } from '../../src/docker/createOptions.ts';
import { Demultiplexer } from '../../src/docker/demultiplexer.ts';
import { buildProbeImage, sampleTags } from '../../test/support/images.ts';
import { until } from '../../test/support/until.ts';
import { containersOf } from '../../test/support/wharfHome.ts';
import type { Cleanup } from '../cleanup.ts';
import { echo, listTools } from '../client/messages.ts';
import { daemonOf } from '../variants/wharf.ts';
import { makeBenchHome } from '../variants/wharfHome.ts';
import { median, timed } from './stats.ts';

const patienceMs = 60_000;
/** How often containers are counted; seldom enough to leave the engine to its work. */
const sampleMs = 100;

/** Why containers cannot be measured, or undefined. Builds the image of their server. */
export async function prepareContainers(): Promise<string | undefined> {
  const docker = new Docker({ timeout: patienceMs });
  return docker.ping().then(
    async () => {
      await buildProbeImage(docker);
      return undefined;
    },
    () => 'no Docker engine answers',
  );
}

function containerProfile(names: readonly string[], settings: string): string {
  const servers = names.map(
    (name) => `  - image: ${sampleTags.probe}\n    name: ${name}\n    wharf: { network: none, share: user, ${settings} }\n`,
  );
  return `version: 1\nwharf: { toolNames: prefix }\nservers:\n${servers.join('')}`;
}

/** Without Wharf: create, attach, start, shake hands, call. The same limits, in milliseconds. */
async function bareColdCall(docker: Docker): Promise<number> {
  const own = { kind: 'image', name: 'probe', image: sampleTags.probe, tools: null, line: 1 } as const;
  const spec = containerSpec({ ...serverDefaults, ...closedContainer, ...own }, {});
  const from = performance.now();
  const container = await docker.createContainer(createOptions(spec, { volumes: [], user: '65532:65532' }));
  try {
    const stream = (await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })) as Duplex;
    await container.start();
    const ended = once(stream, 'close');
    await handshakeAndCall(stream);
    const took = performance.now() - from;
    stream.end();
    await ended;
    stream.destroy();
    return took;
  } finally {
    // It removes itself at the end of its input; this is for one that did not get so far.
    await container.remove({ force: true }).catch(() => undefined);
  }
}

async function handshakeAndCall(stream: Duplex): Promise<void> {
  let text = '';
  const demultiplexer = new Demultiplexer(
    (bytes) => void (text += bytes.toString()),
    () => undefined,
  );
  stream.on('data', (bytes: Buffer) => demultiplexer.push(bytes));
  const request = async (id: number, method: string, params: unknown): Promise<void> => {
    stream.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    while (!text.includes(`"id":${id}`)) {
      await once(stream, 'data');
    }
  };
  const clientInfo = { name: 'bench', version: '1.0.0' };
  await request(1, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
  stream.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  await request(2, 'tools/call', { name: 'echo', arguments: { text: 'hello' } });
}

function untilNoContainer(daemon: number): Promise<boolean> {
  const isGone = async (): Promise<boolean> => (await containersOf(daemon)).length === 0;
  return until(isGone, { timeoutMs: patienceMs, everyMs: sampleMs, what: 'the idle servers to stop' });
}

/** A call to a server that does not run yet, without Wharf and with it by turns: the medians in milliseconds. */
export async function coldCalls(count: number, all: Cleanup): Promise<{ readonly bare: number; readonly wharf: number }> {
  const cleanup = all.part();
  try {
    const docker = new Docker();
    const home = await makeBenchHome(cleanup);
    await home.writeProfile('cold', containerProfile(['probe'], 'idleTimeout: 1s'));
    const shim = home.shim('cold');
    cleanup.add(() => shim.close());
    await listTools(shim);
    const daemon = await daemonOf(home);
    const times: { bare: number[]; wharf: number[] } = { bare: [], wharf: [] };
    for (let round = 0; round <= count; round++) {
      await untilNoContainer(daemon);
      const wharf = await timed(() => echo(shim, 'probe_echo'));
      await untilNoContainer(daemon);
      const bare = await bareColdCall(docker);
      // The first of each finds nothing in the machine's caches.
      if (round > 0) {
        times.wharf.push(wharf);
        times.bare.push(bare);
      }
    }
    return { bare: median(times.bare), wharf: median(times.wharf) };
  } finally {
    await cleanup.run();
  }
}

/** Keeps looking how many containers a daemon has. */
class ContainerCounter {
  private readonly daemon: number;
  private readonly counting: Promise<void>;
  private most = 0;
  private isStopped = false;

  constructor(daemon: number) {
    this.daemon = daemon;
    this.counting = this.count();
  }

  /** Looks once more. Gives the largest number that there was. */
  async stop(): Promise<number> {
    this.isStopped = true;
    await this.counting;
    return this.most;
  }

  private async count(): Promise<void> {
    for (let isLast = false; !isLast; await pause(sampleMs)) {
      isLast = this.isStopped;
      this.most = Math.max(this.most, (await containersOf(this.daemon)).length);
    }
  }
}

/** Threads that each call every server, all at once: how many containers there were at the most, and how long it took. */
export async function containersOfThreads(
  threads: number,
  servers: number,
  all: Cleanup,
): Promise<{ readonly containers: number; readonly allAnsweredMs: number }> {
  const cleanup = all.part();
  try {
    const home = await makeBenchHome(cleanup);
    const names = Array.from({ length: servers }, (_, index) => `server${index}`);
    await home.writeProfile('threads', containerProfile(names, 'idleTimeout: 3s'));
    const shims = Array.from({ length: threads }, () => home.shim('threads'));
    shims.forEach((shim) => cleanup.add(() => shim.close()));
    await Promise.all(shims.map((shim) => listTools(shim)));
    const daemon = await daemonOf(home);
    await untilNoContainer(daemon);
    const counter = new ContainerCounter(daemon);
    cleanup.add(() => counter.stop());
    const allAnsweredMs = await timed(() => Promise.all(shims.flatMap((shim) => names.map((name) => echo(shim, `${name}_echo`)))));
    return { containers: await counter.stop(), allAnsweredMs };
  } finally {
    await cleanup.run();
  }
}
