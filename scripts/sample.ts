import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { findEndpoint } from '../src/docker/endpoint.ts';
import { DockerEngine } from '../src/docker/engine.ts';
import { describeProblem } from '../src/shared/problem.ts';

/** What the sample profile names, and a call that shows that it works. */
export interface Sample {
  readonly profile: string;
  readonly tool: string;
  readonly args: readonly string[];
  /** One sentence on what the sample runs on. */
  readonly ground: string;
}

const demo: Omit<Sample, 'ground'> = {
  profile: 'version: 1\nname: Development\nservers:\n  - catalog_ref: builtin\n    name: demo\n',
  tool: 'add',
  args: ['a=2', 'b=3'],
};

/**
 * With Docker: two servers from npm in containers, as images built here from nothing.
 * Without: the built-in demo server as a process, so that connect, call and inspect can be tried at once.
 */
export async function chooseSample(say: (line: string) => void): Promise<Sample> {
  const engine = new DockerEngine(findEndpoint(process.env, homedir()), 'none', () => true);
  const facts = await engine.facts();
  if (!facts.ok) {
    return { ...demo, ground: `${describeProblem(facts.problem)} The built-in demo server runs as a process instead.` };
  }
  if (process.platform !== 'linux') {
    return { ...demo, ground: 'The sample images can be built on Linux only. The built-in demo server runs as a process instead.' };
  }
  const { buildSampleImages } = await import('../test/support/images.ts');
  say(`Docker ${facts.value.version} answers at ${facts.value.endpoint}. Building the sample images (a minute the first time) …`);
  const images = await buildSampleImages();
  return {
    profile: `version: 1\nname: Development\nservers:\n${images.map(({ tag }) => `  - image: ${tag}\n    wharf:\n      network: none\n`).join('')}`,
    tool: 'echo',
    args: ['message=Hello from a container'],
    ground: `Docker runs ${images.map(({ tag }) => tag).join(' and ')}.`,
  };
}

/** Writes the sample workspace: a profile that a team would commit, and a Codex configuration with a comment to keep. */
export async function writeSample(folder: string, sample: Sample): Promise<void> {
  await mkdir(join(folder, '.codex', 'profiles'), { recursive: true });
  await writeFile(join(folder, '.codex', 'profiles', 'dev.yaml'), sample.profile);
  await writeFile(join(folder, '.codex', 'config.toml'), '# This comment stays where it is.\nmodel = "gpt-5.5"   # and so does this one\n');
}
