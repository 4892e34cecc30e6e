import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type Docker from 'dockerode';

import type { ServerProcess } from '../core/ports.ts';
import { ask, tellPatienceMs, workPatienceMs, type ProblemOf } from './answers.ts';
import { followEnd } from './containerEnd.ts';
import { FreezeSwitch } from './freezeSwitch.ts';
import { Output } from './output.ts';
import { removeContainer } from './removal.ts';

/** A server that ends at the end of its input is gone well before. */
const stopPatienceMs = 2_000;
/** A container that was killed is removed well before; an engine that hangs removes nothing. */
const killPatienceMs = 20_000;
/** Finds out that the engine's machine is gone, where the engine is elsewhere. */
const keepAliveMs = 30_000;

/** Attaches to a created container and starts it: nothing that it writes is missed. */
export async function attachContainer(container: Docker.Container, problemOf: ProblemOf): Promise<ServerProcess> {
  const stream = (await ask(tellPatienceMs, (abortSignal) =>
    container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true, abortSignal }),
  )) as Duplex;
  stream.on('error', () => undefined);
  if (stream instanceof Socket) {
    stream.setKeepAlive(true, keepAliveMs);
  }
  const output = new Output(stream);
  const { exited, abandon } = followEnd(container, stream, output);
  try {
    await ask(workPatienceMs, (abortSignal) => container.start({ abortSignal }));
  } catch (error) {
    abandon();
    stream.destroy();
    throw error;
  }
  const freezing = new FreezeSwitch(container, problemOf);
  let drained: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    output.release();
    const kill = setTimeout(() => void removeContainer(container).catch(() => undefined), stopPatienceMs);
    // Whatever the engine does, the wait ends: without its connection the container counts as lost, and is removed later.
    const giveUp = setTimeout(() => stream.destroy(), stopPatienceMs + killPatienceMs);
    await Promise.race([freezing.release(), exited]);
    stream.end();
    await exited;
    clearTimeout(kill);
    clearTimeout(giveUp);
    stream.destroy();
  };
  return {
    id: container.id,
    exited,
    onStdout: (listener) => output.add('out', listener),
    onStderr: (listener) => output.add('err', listener),
    pauseOutput: () => output.pause(),
    resumeOutput: () => output.resume(),
    freeze: () => freezing.freeze(),
    thaw: () => freezing.thaw(),
    async write(bytes) {
      if (stream.writable && !stream.write(bytes)) {
        drained ??= new Promise<void>((resolve) => stream.once('drain', resolve)).finally(() => (drained = undefined));
        await Promise.race([drained, exited]);
      }
    },
    endInput: () => void stream.end(),
    stop: () => (stopping ??= stop()),
  };
}
