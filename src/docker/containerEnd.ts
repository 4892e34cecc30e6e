import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

import type Docker from 'dockerode';

import type { ServerExit } from '../core/ports.ts';
import { statusOf } from './answers.ts';
import type { Output } from './output.ts';
import { removeWhenReachable } from './removal.ts';

/** How long the last output may take to arrive after the container is gone: both come on connections of their own. */
const outputPatienceMs = 1_000;
/** How long the engine may take to remove a container whose output has ended. */
const removalPatienceMs = 5_000;
const retryPauseMs = 1_000;

/** What of dockerode's own way of asking is used here. */
interface Dialler {
  dial(options: Readonly<Record<string, unknown>>, callback: (error: Error | null, result: unknown) => void): void;
}

/** The end of an attached container. */
export interface ContainerEnd {
  /** Resolves when the container is removed and all that it wrote has arrived, or when nobody can know. */
  readonly exited: Promise<ServerExit>;
  /** Stops looking: somebody else removes the container. */
  readonly abandon: () => void;
}

export function followEnd(container: Docker.Container, stream: Duplex, output: Output): ContainerEnd {
  const controller = new AbortController();
  const exited = waitForEnd(container, stream, output, controller.signal).finally(() => controller.abort());
  return { exited, abandon: () => controller.abort() };
}

async function waitForEnd(container: Docker.Container, stream: Duplex, output: Output, abortSignal: AbortSignal): Promise<ServerExit> {
  const outputEnded = new Promise<void>((resolve) => stream.once('end', resolve).once('close', resolve));
  let onBroken = (): void => undefined;
  const broken = new Promise<void>((resolve) => (onBroken = resolve));
  const exit = await Promise.race([
    removal(container, abortSignal, onBroken),
    outputEnded.then(() => Promise.race([broken, pause(removalPatienceMs, undefined, { ref: false })])),
  ]);
  if (exit === undefined) {
    // Nobody knows whether the container still runs.
    void removeWhenReachable(container);
    return { code: null };
  }
  do {
    await Promise.race([outputEnded, pause(outputPatienceMs, undefined, { ref: false })]);
  } while (output.isPaused && !stream.readableEnded && !stream.destroyed);
  return exit;
}

/** Resolves when the container is removed. A connection that breaks meanwhile says nothing about it. */
async function removal(container: Docker.Container, abortSignal: AbortSignal, onBroken: () => void): Promise<ServerExit> {
  for (;;) {
    try {
      return { code: await exitCode(container, abortSignal) };
    } catch (error) {
      if (abortSignal.aborted || statusOf(error) === 404) {
        return { code: null };
      }
      onBroken();
      await pause(retryPauseMs, undefined, { ref: false });
    }
  }
}

/** The engine's "wait", read as a stream: dockerode's own never settles when the connection breaks after the first bytes. */
async function exitCode(container: Docker.Container, abortSignal: AbortSignal): Promise<number> {
  const response = await new Promise<Readable>((resolve, reject) => {
    (container.modem as Dialler).dial(
      {
        path: `/containers/${container.id}/wait?`,
        method: 'POST',
        options: { _query: { condition: 'removed' }, _body: {} },
        isStream: true,
        abortSignal,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
      },
      (error, result) => (error === null ? resolve(result as Readable) : reject(error)),
    );
  });
  const { StatusCode: code } = JSON.parse(await text(response)) as { readonly StatusCode: number };
  return code;
}
