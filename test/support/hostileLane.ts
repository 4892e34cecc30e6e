import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';

import { docker, probeImage } from './dockerLane.ts';
import { buildHostileImage, sampleTags } from './images.ts';
import type { McpClient } from './mcpClient.ts';
import { isRunning, makeHome, type WharfHome } from './wharfHome.ts';

let image: Promise<unknown> | undefined;

/** The images of the hostile server and of its neighbour, from the sources as they are now. */
export async function hostileImages(): Promise<void> {
  image ??= buildHostileImage(docker);
  await Promise.all([image, probeImage()]);
}

export interface HostileOptions {
  /** See test/support/servers/hostile/main.mjs. */
  readonly mode?: string;
  /** Lines under `wharf:` of the hostile server. */
  readonly wharf?: readonly string[];
  /** Lines under `wharf:` of its neighbour. */
  readonly neighbour?: readonly string[];
  /** A variable that the neighbour alone is given. */
  readonly secret?: { readonly name: string; readonly value: string };
}

/** A profile with the hostile server, and the probe as its neighbour. */
export function hostileProfile({ mode, wharf = [], neighbour = ['network: none', 'share: session'], secret }: HostileOptions = {}): string {
  const usual = ['network: none', 'callTimeout: 30s', 'share: session'];
  const settings = [...usual.filter((line) => !wharf.some((own) => own.startsWith(line.replace(/:.*/, ':')))), ...wharf];
  const env = secret === undefined ? '' : `env: [{ name: ${secret.name}, value: ${JSON.stringify(secret.value)} }], `;
  return [
    'version: 1',
    'servers:',
    `  - image: ${sampleTags.probe}`,
    '    name: neighbour',
    `    snapshot: { server: { ${env}command: [] } }`,
    '    wharf:',
    ...neighbour.map((line) => `      ${line}`),
    `  - image: ${sampleTags.hostile}`,
    '    name: hostile',
    ...(mode === undefined ? [] : [`    snapshot: { server: { command: ["--mode=${mode}"] } }`]),
    '    wharf:',
    ...settings.map((line) => `      ${line}`),
    '',
  ].join('\n');
}

export interface Attack {
  readonly home: WharfHome;
  /** The client of the hostile server. */
  readonly client: McpClient;
  /** What a tool of the hostile server told. */
  tell(tool: string, args?: object): Promise<unknown>;
  /** Proves that the daemon, the neighbour and another client go on, and that the daemon never held more than this. */
  assertUnharmed(mostMegabytes?: number): Promise<void>;
}

/** Most that a daemon may ever have held: a few lines of the greatest length, besides itself. */
const usualMegabytes = 512;

/** A daemon that serves the profile to two clients. */
export async function startAttack(t: TestContext, options: HostileOptions = {}): Promise<Attack> {
  const home = await makeHome(t);
  await home.addProfile('dev', hostileProfile(options));
  await home.addProfile('other', hostileProfile());
  const bystander = await home.session('other');
  assert.equal(await bystander.callText('echo', { text: 'before' }), 'echo: before');
  const client = await home.session('dev');
  const { pid } = await home.status();
  return {
    home,
    client,
    tell: async (tool, args = {}) => JSON.parse(await client.callText(tool, args)) as unknown,
    async assertUnharmed(mostMegabytes = usualMegabytes) {
      assert.match(await client.callText('echo', { text: 'here' }), /echo: here$/);
      assert.equal(await bystander.callText('echo', { text: 'there' }), 'echo: there');
      assert.equal(await bystander.callText('say', { text: 'and its own hostile server' }), 'and its own hostile server');
      assert.ok(isRunning(pid), 'the daemon lives');
      assert.doesNotMatch(await home.log(), /A bug/);
      const peak = peakMegabytes(pid);
      t.diagnostic(`the daemon held ${peak} MB at most`);
      assert.ok(peak < mostMegabytes, `the daemon held ${peak} MB`);
    },
  };
}

/** The most memory that a process ever had. */
function peakMegabytes(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
