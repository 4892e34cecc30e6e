import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { containerLabels, type ContainerOwner } from '../../src/core/container/labels.ts';
import { containerSpec, type ContainerSpec } from '../../src/core/container/spec.ts';
import type { ServerProcess } from '../../src/core/ports.ts';
import { closedContainer, serverDefaults } from '../../src/core/profile/profile.ts';
import { findEndpoint, type DockerEndpoint } from '../../src/docker/endpoint.ts';
import type { DockerEngine } from '../../src/docker/engine.ts';
import { docker } from './dockerLane.ts';
import { sampleTags } from './images.ts';

export const endpoint = findEndpoint(process.env, homedir());

/** A machine of the test's own, so that no real gateway takes its containers for orphans. */
export function testOwner(): ContainerOwner {
  return { machine: `test-${randomUUID()}`, boot: 'boot', pid: process.pid, startedAt: '1' };
}

export function probeSpec(owner: ContainerOwner, command: readonly string[] = [], image: string = sampleTags.probe): ContainerSpec {
  const own = { kind: 'image', name: 'probe', image, command, tools: null, line: 1 } as const;
  return containerSpec({ ...serverDefaults, ...closedContainer, ...own }, containerLabels(owner, { profile: 'test', server: 'probe' }));
}

/** Starts a server, and removes its container after the test whatever happens. */
export async function startServer(t: TestContext, engine: DockerEngine, wanted: ContainerSpec): Promise<ServerProcess> {
  const started = await engine.start(wanted);
  assert.ok(started.ok, started.ok ? '' : `${started.problem.message} ${started.problem.detail}`);
  removeAfter(t, started.value.id);
  return started.value;
}

export function removeAfter(t: TestContext, id: string): void {
  t.after(() =>
    docker
      .getContainer(id)
      .remove({ force: true })
      .catch(() => undefined),
  );
}

export async function exists(id: string): Promise<boolean> {
  const listed = await docker.listContainers({ all: true, filters: { id: [id] } });
  return listed.length > 0;
}

/** The ids of all containers of a machine, running or not. */
export async function containersOn({ machine }: ContainerOwner): Promise<readonly string[]> {
  const listed = await docker.listContainers({ all: true, filters: { label: [`wharf.machine=${machine}`] } });
  return listed.map(({ Id }) => Id);
}

/** One call of a tool of the probe, as a line. */
export function callLine(id: number, name: string, args: object = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } })}\n`);
}

/** A socket in front of the engine that can be watched, cut, and left cut. */
export interface DockerProxy {
  readonly endpoint: DockerEndpoint;
  /** Bytes that came from the engine. */
  readonly passed: number;
  readonly open: number;
  /** The first lines of the requests that passed. */
  readonly requests: readonly string[];
  /** Ends all connections and takes no others until `mend`. */
  cut(): void;
  /** Does so when the engine begins to answer the first request that matches. */
  cutAt(request: RegExp): void;
  mend(): void;
}

export async function dockerProxy(t: TestContext): Promise<DockerProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-proxy-'));
  const path = join(folder, 'docker.sock');
  const sockets = new Set<Socket>();
  let isDown = false;
  let trap: RegExp | undefined;
  let passed = 0;
  const requests: string[] = [];
  const cut = (): void => {
    isDown = true;
    trap = undefined;
    sockets.forEach((socket) => socket.destroy());
  };
  const server = createServer((near) => {
    if (isDown) {
      near.destroy();
      return;
    }
    const far = connect(String(endpoint.options['socketPath']));
    let isTrapped = false;
    for (const socket of [near, far]) {
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    }
    near.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      requests.push(...(/^(?:GET|POST|DELETE) .* HTTP\/1.1(?=\r\n)/.exec(text) ?? []));
      isTrapped ||= trap?.test(text) === true;
    });
    far.on('data', (chunk: Buffer) => {
      passed += chunk.length;
      if (isTrapped) {
        cut();
      }
    });
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(async () => {
    cut();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    endpoint: { ...endpoint, url: `unix://${path}`, options: { socketPath: path } },
    get passed() {
      return passed;
    },
    get open() {
      return sockets.size;
    },
    requests,
    cut,
    cutAt: (request) => {
      trap = request;
    },
    mend: () => {
      isDown = false;
    },
  };
}
