import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

import { serverPackage } from './tools.mjs';

/** The fixture that passes every server scenario: `stdio` or `http` behind it. */
export const conformanceServerFile = join(import.meta.dirname, 'servers', 'conformanceServer.ts');

export interface Check {
  readonly id: string;
  readonly description: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED';
  readonly errorMessage?: string;
}

/** The suite gives each request 60 seconds; one that hangs shall not hide the others for long. */
const suitePatienceMs = 170_000;
const run = promisify(execFile);

async function suiteProgram(): Promise<string> {
  return join(await serverPackage('@modelcontextprotocol/conformance'), 'dist', 'index.js');
}

/** The names of the suite's server scenarios. */
export async function conformanceScenarios(): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, [await suiteProgram(), 'list', '--server']);
  return [...stdout.matchAll(/^ {2}- ([\w-]+)/gm)].map(([, name]) => name ?? '');
}

/** Runs every server scenario against a Streamable HTTP endpoint. Gives the checks of each that ended, by its name. */
export async function runConformance(t: TestContext, url: string): Promise<ReadonlyMap<string, readonly Check[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-conformance-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const args = [await suiteProgram(), 'server', '--url', url, '--suite', 'all', '--output-dir', folder];
  // It ends with 1 when a check failed: the checks say which.
  await run(process.execPath, args, { timeout: suitePatienceMs, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 }).catch(() => undefined);
  const found = new Map<string, readonly Check[]>();
  for (const name of await readdir(folder)) {
    const scenario = name.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, '');
    const text = await readFile(join(folder, name, 'checks.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) {
      found.set(scenario, JSON.parse(text) as readonly Check[]);
    }
  }
  return found;
}

/** The names of the suite's client scenarios. */
export async function clientScenarios(): Promise<readonly string[]> {
  const { stdout } = await run(process.execPath, [await suiteProgram(), 'list', '--client']);
  return [...stdout.matchAll(/^ {2}- ([\w/-]+)/gm)].map(([, name]) => name ?? '');
}

/** Runs one client scenario with a client that is a script of ours. */
export async function runClientScenario(t: TestContext, scenario: string, script: string): Promise<readonly Check[] | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-conformance-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const command = `"${process.execPath}" "${script}"`;
  const args = [await suiteProgram(), 'client', '--command', command, '--scenario', scenario, '--output-dir', folder];
  await run(process.execPath, args, { timeout: suitePatienceMs, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 }).catch(() => undefined);
  const files = await readdir(folder, { recursive: true });
  const found = files.find((name) => name.endsWith('checks.json'));
  return found === undefined ? undefined : (JSON.parse(await readFile(join(folder, found), 'utf8')) as readonly Check[]);
}

/** What went wrong in a scenario, one line for each check; empty when it passed. A scenario without checks did not end. */
export function failuresOf(checks: readonly Check[] | undefined, also: readonly Check['status'][] = []): readonly string[] {
  return checks === undefined
    ? ['The scenario did not end.']
    : checks
        .filter(({ status }) => status === 'FAILURE' || also.includes(status))
        .map(({ id, description, errorMessage }) => `${id}: ${description}: ${errorMessage ?? 'no reason given'}`);
}

/** Starts the fixture on HTTP; it is killed by its id when the test ends. Gives its address. */
export async function startConformanceServer(t: TestContext): Promise<string> {
  const child = spawn(process.execPath, [conformanceServerFile, 'http'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<undefined>((resolve) => child.on('close', () => resolve(undefined)));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const said = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  const url = await Promise.race([said, ended]);
  if (url === undefined) {
    throw new Error('The conformance server ended before it served.');
  }
  return url;
}
