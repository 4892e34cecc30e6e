import { containerSpec, type ContainerSpec } from '../../core/container/spec.ts';
import type { ContainerEngine, ServerProcess } from '../../core/ports.ts';
import * as problems from '../../core/problems.ts';
import { closedContainer, serverDefaults } from '../../core/profile/profile.ts';
import { fail, type Result } from '../../shared/result.ts';
import { LastWords } from '../lastWords.ts';
import { BoundedOutput, failed, keptWords, tooMuch, type Outcome } from './outcome.ts';

export interface DockerHost {
  engine(): Promise<ContainerEngine>;
  /** What the container is marked with, so that it is removed when its owner dies. */
  readonly labels: Readonly<Record<string, string>>;
  /** Hears of each container that runs for an interceptor; what it returns is called when the container is gone. */
  hold(container: ServerProcess): () => void;
  /** Gets what the program writes to stderr, when it has ended. */
  heard(lastWords: string): void;
}

const lineEnd = Buffer.from('\n');

/** Runs `image args` in a container that gets what a server gets, without a network, with the payload on its stdin. */
export async function runDocker(
  image: string,
  args: readonly string[],
  payload: Buffer,
  host: DockerHost,
  signal: AbortSignal,
): Promise<Outcome> {
  const spec = containerSpec(
    {
      ...serverDefaults,
      ...closedContainer,
      kind: 'image',
      name: 'interceptor',
      image,
      command: args,
      tools: null,
      line: 0,
    },
    host.labels,
  );
  const aborted = untilAborted(signal);
  const starting = startContainer(host, spec);
  const started = await Promise.race([starting, aborted]);
  if (started === 'aborted') {
    void starting.then((late) => (late.ok ? end(late.value, host.hold(late.value)) : undefined));
    return failed(String(signal.reason));
  }
  if (!started.ok) {
    const { message, next, detail } = started.problem;
    return failed(`its container could not be started: ${message} ${next}`, detail);
  }
  const container = started.value;
  const release = host.hold(container);
  const output = new BoundedOutput();
  const lastWords = new LastWords(keptWords);
  const overflow = new Promise<Outcome>((resolve) => {
    container.onStdout((bytes) => output.push(bytes) || resolve(failed(tooMuch)));
  });
  container.onStderr((bytes) => lastWords.hear('err', bytes));
  const ended = container.exited.then(({ code }): Outcome => {
    const reason = code === null ? 'its container was ended' : `it ended with exit code ${code}`;
    return code === 0 ? { kind: 'output', bytes: output.bytes } : failed(reason, lastWords.text.trim());
  });
  void feed(container, payload);
  try {
    return await Promise.race([overflow, ended, aborted.then(() => failed(String(signal.reason), lastWords.text.trim()))]);
  } finally {
    // A call that was cancelled does not wait for the engine.
    void end(container, release);
    const said = lastWords.text.trim();
    if (said !== '') {
      host.heard(said);
    }
  }
}

/** An engine whose certificates are missing cannot even be opened. */
async function startContainer(host: DockerHost, spec: ContainerSpec): Promise<Result<ServerProcess>> {
  try {
    return await (await host.engine()).start(spec);
  } catch (error) {
    return fail(problems.dockerFailed('start a container', error instanceof Error ? error.message : String(error)));
  }
}

async function feed(container: ServerProcess, payload: Buffer): Promise<void> {
  try {
    await container.write(Buffer.concat([payload, lineEnd]));
  } catch {
    // It need not read what it is given.
  }
  container.endInput();
}

async function end(container: ServerProcess, release: () => void): Promise<void> {
  try {
    await container.stop();
  } finally {
    release();
  }
}

function untilAborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve('aborted');
    }
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
}
