import Docker from 'dockerode';
import { buildProbeImage, sampleTags } from './images.ts';
import { until } from './until.ts';
import { containersOf } from './wharfHome.ts';

export const docker = new Docker();

let image: Promise<unknown> | undefined;

/** The image of the probe, from the sources as they are now. */
export async function probeImage(): Promise<void> {
  image ??= buildProbeImage(docker);
  await image;
}

export interface ProbeOptions {
  readonly name?: string;
  readonly misbehave?: 'junk' | 'exit' | 'hang' | 'ignore-eof';
  /** Lines under `wharf:`. */
  readonly wharf?: readonly string[];
}

/** A profile with these probes. */
export function probeProfile(...probes: readonly ProbeOptions[]): string {
  const servers = probes.map(({ name = 'probe', misbehave, wharf = ['network: none'] }) =>
    [
      `  - image: ${sampleTags.probe}`,
      `    name: ${name}`,
      ...(misbehave === undefined ? [] : [`    snapshot: { server: { command: ["--misbehave=${misbehave}"] } }`]),
      '    wharf:',
      ...wharf.map((line) => `      ${line}`),
    ].join('\n'),
  );
  return `version: 1\nservers:\n${servers.join('\n')}\n`;
}

/** As somebody else does. On a busy machine the kernel's freezer does not settle at once, and the engine gives up. */
export async function pauseContainer(id: string): Promise<void> {
  const container = docker.getContainer(id);
  await until(
    () =>
      container.pause().then(
        () => true,
        (error: unknown) => {
          if (/unable to freeze/.test(String(error))) {
            return undefined;
          }
          throw error;
        },
      ),
    { what: 'the engine to pause the container' },
  );
}

/** Waits until no container of this process is left, running or not. Gives the milliseconds that it took. */
export async function untilNoneLeft(pid: number): Promise<number> {
  const from = performance.now();
  await until(async () => (await containersOf(pid)).length === 0, { timeoutMs: 20_000, what: `the containers of ${pid} to be gone` });
  return performance.now() - from;
}

/** Removes by id what a test left on purpose, or by a failure. */
export async function removeContainersOf(pid: number): Promise<void> {
  for (const id of await containersOf(pid)) {
    await docker
      .getContainer(id)
      .remove({ force: true })
      .catch(() => undefined);
  }
}
