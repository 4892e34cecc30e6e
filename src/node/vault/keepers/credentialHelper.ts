import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { runTool } from '../../runTool.ts';
import { keyBytes } from '../seal.ts';
import { kept, notKept, type KeeperEnvironment, type Kept, type KeptKey } from './keeper.ts';

/** The user may have to unlock a keyring. */
const patienceMs = 30_000;
const user = 'wharf';

/** Those that Docker itself offers, by where they can be. */
const known: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['osxkeychain', 'desktop', 'pass'],
  win32: ['wincred', 'desktop'],
  linux: ['secretservice', 'pass', 'desktop'],
};

/** The reason where there is no such program. */
export const notInstalled = 'it is not installed';

export interface HelperToTry {
  readonly helper: string;
  /** Docker is set up with it. */
  readonly isConfigured: boolean;
}

/** The helpers to try, in this order: the one that Docker is set up with, then those that may be installed. */
export async function helpersToTry(env: KeeperEnvironment, platform: NodeJS.Platform = process.platform): Promise<readonly HelperToTry[]> {
  const configured = await configuredHelper(env);
  const others = (known[platform] ?? []).filter((helper) => helper !== configured);
  return [
    ...(configured === undefined ? [] : [{ helper: configured, isConfigured: true }]),
    ...others.map((helper) => ({ helper, isConfigured: false })),
  ];
}

/** `credsStore` of Docker's configuration. */
async function configuredHelper(env: KeeperEnvironment): Promise<string | undefined> {
  const folder = env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker');
  try {
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as { readonly credsStore?: unknown } | null;
    return isHelperName(config?.credsStore) ? config.credsStore : undefined;
  } catch {
    return undefined;
  }
}

/** It becomes part of a program's name. */
export function isHelperName(name: unknown): name is string {
  return typeof name === 'string' && /^[\w-][\w.-]*$/.test(name);
}

export function helperProgram(helper: string): string {
  return `docker-credential-${helper}`;
}

/** Has a helper keep a new key, and proves that it gives it back. */
export async function keepInHelper(helper: string, env: KeeperEnvironment): Promise<Kept<KeptKey>> {
  const key = randomBytes(keyBytes);
  const account = `https://vault.wharf.invalid/${randomBytes(8).toString('hex')}`;
  const secret = key.toString('base64');
  const stored = await ask(helper, 'store', JSON.stringify({ ServerURL: account, Username: user, Secret: secret }), env);
  if (!stored.ok) {
    return stored;
  }
  const back = await keyFromHelper(helper, account, env);
  if (!back.ok || !back.value.equals(key)) {
    await removeFromHelper(helper, account, env);
    return back.ok ? notKept('it gave back another key than it was given') : back;
  }
  return kept({ record: { keeper: 'helper', helper, account }, key });
}

export async function keyFromHelper(helper: string, account: string, env: KeeperEnvironment): Promise<Kept<Buffer>> {
  const answer = await ask(helper, 'get', account, env);
  if (!answer.ok) {
    return answer;
  }
  try {
    const { Secret: secret } = JSON.parse(answer.value.toString('utf8')) as { readonly Secret?: unknown };
    const key = Buffer.from(typeof secret === 'string' ? secret : '', 'base64');
    return key.length === keyBytes ? kept(key) : notKept('what it gave is no key of a vault');
  } catch {
    return notKept('what it said is no answer of a credential helper');
  } finally {
    answer.value.fill(0);
  }
}

/** What a helper keeps under an address for whoever stored it, such as Docker's own logins. */
export async function secretFromHelper(helper: string, server: string, env: KeeperEnvironment): Promise<Kept<string>> {
  const answer = await ask(helper, 'get', server, env);
  if (!answer.ok) {
    return answer;
  }
  try {
    const { Secret: secret } = JSON.parse(answer.value.toString('utf8')) as { readonly Secret?: unknown };
    return typeof secret === 'string' && secret !== '' ? kept(secret) : notKept('it gave no secret');
  } catch {
    return notKept('what it said is no answer of a credential helper');
  } finally {
    answer.value.fill(0);
  }
}

/** Where the key is gone already, all is well. */
export async function removeFromHelper(helper: string, account: string, env: KeeperEnvironment): Promise<boolean> {
  const removed = await ask(helper, 'erase', account, env);
  return removed.ok || /not found/i.test(removed.reason);
}

/** The protocol of docker-credential-helpers: what is asked on stdin, the answer on stdout, an error there as well. */
async function ask(helper: string, action: 'store' | 'get' | 'erase', input: string, env: KeeperEnvironment): Promise<Kept<Buffer>> {
  const outcome = await runTool({ command: helperProgram(helper), args: [action], env, input, timeoutMs: patienceMs });
  if (outcome.kind === 'failed') {
    return notKept(outcome.isMissing ? notInstalled : outcome.reason);
  }
  if (outcome.code === 0) {
    return kept(outcome.stdout);
  }
  // Its words, but for those of `get`, which might carry what it was asked for.
  const words = (action === 'get' ? '' : outcome.stdout.toString('utf8').trim()) || outcome.stderr;
  const said = action === 'get' && /not found/i.test(outcome.stdout.toString('utf8')) ? 'credentials not found' : words;
  return notKept(said === '' ? `it ended with ${outcome.code ?? 'a signal'}` : withoutInput(said, input));
}

function withoutInput(words: string, input: string): string {
  const { Secret: secret = '' } = input.startsWith('{') ? (JSON.parse(input) as { readonly Secret?: string }) : {};
  return secret === '' ? words : words.replaceAll(secret, '…');
}
