import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import type Docker from 'dockerode';

import type { ServerExit, ServerProcess } from '../core/ports.ts';
import { Demultiplexer } from './demultiplexer.ts';

const stopPatienceMs = 2_000;
/** How long the last output may take to arrive after the container is gone: both come on connections of their own. */
const outputPatienceMs = 1_000;

/** How long the engine may take to remove a container whose output has ended. */
const removalPatienceMs = 5_000;
/** An engine that restarts is back within a minute. */
const reachTries = 60;
const reachPauseMs = 1_000;

type Listener = (bytes: Uint8Array) => void;

/** Attaches to a created container and starts it: nothing that it writes is missed. */
export async function attachContainer(container: Docker.Container): Promise<ServerProcess> {
  const stream = (await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })) as Duplex;
  stream.on('error', () => undefined);
  const exited = waitForEnd(container, stream);
  try {
    await container.start();
  } catch (error) {
    stream.destroy();
    throw error;
  }
  const output = new Output(stream);
  let drained: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stream.end();
    // A server that ends at the end of its input is gone well before; the rest is killed.
    const timer = setTimeout(() => void killOrRemove(container), stopPatienceMs);
    await exited;
    clearTimeout(timer);
    stream.destroy();
  };
  return {
    id: container.id,
    exited,
    onStdout: (listener) => output.add('out', listener),
    onStderr: (listener) => output.add('err', listener),
    async write(bytes) {
      if (stream.writable && !stream.write(bytes)) {
        drained ??= new Promise<void>((resolve) => stream.once('drain', resolve)).finally(() => (drained = undefined));
        await Promise.race([drained, exited]);
      }
    },
    stop: () => (stopping ??= stop()),
  };
}

/** What the server writes. The stream is not read before somebody listens, so that the first words are heard too. */
class Output {
  private readonly stream: Duplex;
  private readonly listeners = { out: new Set<Listener>(), err: new Set<Listener>() };
  private flowing = false;

  constructor(stream: Duplex) {
    this.stream = stream;
  }

  add(which: 'out' | 'err', listener: Listener): void {
    this.listeners[which].add(listener);
    if (!this.flowing) {
      this.flowing = true;
      const { out, err } = this.listeners;
      const demultiplexer = new Demultiplexer(
        (bytes) => out.forEach((hear) => hear(bytes)),
        (bytes) => err.forEach((hear) => hear(bytes)),
      );
      // Later in this turn the other listener comes.
      setImmediate(() => this.stream.on('data', (chunk: Buffer) => demultiplexer.push(chunk)));
    }
  }
}

/** Resolves when the container is removed and all that it wrote has arrived. */
async function waitForEnd(container: Docker.Container, stream: Duplex): Promise<ServerExit> {
  const outputEnded = new Promise<void>((resolve) => stream.once('end', resolve).once('close', resolve));
  const removed = (container.wait({ condition: 'removed' }) as Promise<{ StatusCode: number }>).then(
    ({ StatusCode }) => ({ code: StatusCode }),
    () => undefined,
  );
  // dockerode never settles a wait whose connection broke after the first bytes of the answer; the output breaks with it.
  const exit = await Promise.race([removed, outputEnded.then(() => pause(removalPatienceMs, undefined, { ref: false }))]);
  if (exit === undefined) {
    // Nobody knows whether the container still runs.
    void removeWhenReachable(container);
    return { code: null };
  }
  await Promise.race([outputEnded, pause(outputPatienceMs, undefined, { ref: false })]);
  return exit;
}

/** After a restart of the engine, or a connection that broke, the container may live on with nobody to talk to. */
async function removeWhenReachable(container: Docker.Container): Promise<void> {
  for (let left = reachTries; left > 0; left--) {
    try {
      await container.remove({ force: true });
      return;
    } catch (error) {
      if (isAnswer(error)) {
        // It is gone, or its removal is under way.
        return;
      }
      await pause(reachPauseMs, undefined, { ref: false });
    }
  }
}

/** Whether the engine answered at all. */
function isAnswer(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number';
}

async function killOrRemove(container: Docker.Container): Promise<void> {
  await container.kill().catch(() => container.remove({ force: true }).catch(() => undefined));
}
