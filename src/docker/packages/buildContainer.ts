import { Readable } from 'node:stream';

import type Docker from 'dockerode';

import { bareSpec, defaultLimits, type ContainerNetwork, type ContainerSpec } from '../../core/container/spec.ts';
import type { ShellCommand } from '../../core/packages/installScript.ts';
import type { ServerProcess } from '../../core/ports.ts';
import { ask, workPatienceMs, type ProblemOf } from '../answers.ts';
import { attachContainer } from '../attachedContainer.ts';
import { containerName } from '../containerName.ts';
import { createOptions } from '../createOptions.ts';
import { heldContainers } from '../heldContainers.ts';
import { removeContainer, removeWhenReachable } from '../removal.ts';
import { Answer } from './answer.ts';

const gibibyte = 1024 ** 3;
/** The user of a build: nobody in particular, and not the one as whom a server runs later. */
const user = '65532:65532';
/** Of all folders in memory together, and of what the installer itself needs. */
const memory = 3 * gibibyte;
const keptWords = 16 * 1024;

export interface BuildStep {
  readonly docker: Docker;
  /** The content id of the image to run in. */
  readonly image: string;
  /** What is built, for names and messages. */
  readonly title: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: ContainerNetwork;
  readonly env: Readonly<Record<string, string>>;
  readonly command: ShellCommand;
  readonly signal: AbortSignal;
  readonly problemOf: ProblemOf;
  /** Hears each line that the installer writes. */
  readonly onLine: (line: string) => void;
}

/** The container ended without a whole answer. */
export class BuildFailed extends Error {
  readonly code: number | null;
  /** The last that it wrote. */
  readonly words: string;

  constructor(code: number | null, words: string) {
    super(`The build ended with ${code ?? 'a signal'}.`);
    this.code = code;
    this.words = words;
  }
}

/**
 * Runs one command in a container as strict as those of servers, and gives its answer to `take` while it comes. When this is done, the
 * container is gone, whatever happened. Throws what the engine says, what `take` throws, or BuildFailed.
 */
export async function runStep<T>(step: BuildStep, take: (answer: Answer) => Promise<T>): Promise<T> {
  const { signal } = step;
  signal.throwIfAborted();
  const process = await startStep(step);
  const stop = (): void => void process.stop();
  signal.addEventListener('abort', stop);
  const words = listen(process, step.onLine);
  try {
    return await take(new Answer(readableOf(process)));
  } catch (error) {
    signal.throwIfAborted();
    // An answer that breaks off is the end of its container, and that has said why.
    const { code } = error instanceof RangeError ? await process.exited : { code: 0 };
    throw code === 0 ? error : new BuildFailed(code, words());
  } finally {
    signal.removeEventListener('abort', stop);
    await process.stop();
  }
}

async function startStep(step: BuildStep): Promise<ServerProcess> {
  const { docker, problemOf } = step;
  const spec = specOf(step);
  const name = containerName(spec);
  const body = { ...createOptions(spec, { volumes: [], user }), Entrypoint: ['/bin/sh'], WorkingDir: '/' };
  const container = await ask(workPatienceMs, (abortSignal) => {
    const parts = { _query: { name }, _body: body, abortSignal };
    return docker.createContainer(parts);
  }).catch((error: unknown) => {
    void removeWhenReachable(docker.getContainer(name));
    throw error;
  });
  heldContainers.add(container.id);
  try {
    const process = await attachContainer(container, problemOf);
    void process.exited.finally(() => heldContainers.delete(container.id));
    return process;
  } catch (error) {
    await removeContainer(container).catch(() => void removeWhenReachable(container));
    heldContainers.delete(container.id);
    throw error;
  }
}

/** Everything that is installed lies in memory until it is an image, so that nothing is left of a build that ends. */
function specOf({ image, title, labels, network, env, command }: BuildStep): ContainerSpec {
  const folder = (size: number): { size: number; exec: boolean } => ({ size, exec: true });
  return {
    ...bareSpec,
    server: title,
    image,
    command: ['-c', command.script, 'sh', ...command.args],
    env: { HOME: '/home/wharf', ...env },
    labels,
    cpus: defaultLimits.cpus,
    memory,
    pids: defaultLimits.pids,
    network,
    tmpfs: {
      '/app': folder(1.5 * gibibyte),
      '/work': folder(1.5 * gibibyte),
      '/tmp': folder(gibibyte / 4),
      '/home/wharf': folder(gibibyte / 4),
    },
    user,
  };
}

function listen(process: ServerProcess, onLine: (line: string) => void): () => string {
  const decoder = new TextDecoder();
  let words = '';
  let waiting = '';
  process.onStderr((bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    words = (words + text).slice(-keptWords);
    const lines = (waiting + text).split('\n');
    waiting = (lines.pop() ?? '').slice(0, keptWords);
    lines.forEach(onLine);
  });
  return () => words;
}

/** What a process writes, as a stream that makes it wait. */
function readableOf(process: ServerProcess): Readable {
  const stream = new Readable({ read: () => process.resumeOutput() });
  process.onStdout((bytes) => {
    if (!stream.push(bytes)) {
      process.pauseOutput();
    }
  });
  void process.exited.then(() => stream.push(null));
  return stream;
}
