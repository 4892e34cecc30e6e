import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { helperLogin, loginName, loginPlace, storedLogin, type RegistryLogin } from '../core/registry/logins.ts';

/** What Docker's engine takes in `X-Registry-Auth`. It must never reach a log, a problem or a file. */
export interface RegistryAuth {
  readonly serveraddress: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
}

/** A helper may have to ask the user to unlock a keyring. */
const helperPatienceMs = 30_000;
/** Bytes; a login is far shorter. */
const longestAnswer = 64 * 1024;

/**
 * The credentials that `docker login` stored for the registry of an image: by the helper of that registry, else by the store
 * of all, else in the file itself. Undefined where there are none, or none that can be had: public images need none.
 */
export async function registryAuth(reference: string, configFolder: string, signal: AbortSignal): Promise<RegistryAuth | undefined> {
  const server = loginName(reference);
  const place = loginPlace(await readFile(join(configFolder, 'config.json'), 'utf8').catch(() => ''), server);
  switch (place.kind) {
    case 'helper':
      return engineForm(server, await askHelper(place.program, server, signal));
    case 'stored':
      return engineForm(server, storedLogin(Buffer.from(place.auth, 'base64').toString('utf8'), place.identityToken));
    case 'none':
      return undefined;
  }
}

function engineForm(serveraddress: string, login: RegistryLogin | undefined): RegistryAuth | undefined {
  switch (login?.kind) {
    case 'token':
      return { serveraddress, identitytoken: login.identityToken };
    case 'password':
      return { serveraddress, username: login.username, password: login.password };
    case undefined:
      return undefined;
  }
}

/** The protocol of docker-credential-helpers: the server on stdin, JSON on stdout. */
async function askHelper(program: string, server: string, signal: AbortSignal): Promise<RegistryLogin | undefined> {
  try {
    const child = spawn(program, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
      // Not the option "timeout": its timer outlives a program that does not exist.
      signal: AbortSignal.any([signal, AbortSignal.timeout(helperPatienceMs)]),
      killSignal: 'SIGKILL',
    });
    const failed = new Promise<never>((_resolve, reject) => child.once('error', reject));
    failed.catch(() => undefined);
    child.stdin.on('error', () => undefined).end(server);
    try {
      return helperLogin(await Promise.race([boundedText(child.stdout, longestAnswer), failed]));
    } catch {
      child.kill('SIGKILL');
      // What it started itself may hold this open for longer.
      child.stdout.destroy();
      return undefined;
    }
  } catch {
    return undefined;
  }
}

/** Throws as soon as there is more. */
async function boundedText(stream: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) {
      throw new Error(`more than ${limit} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
