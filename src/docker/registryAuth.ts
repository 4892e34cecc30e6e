import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

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
    return helperLogin(await Promise.race([text(child.stdout), failed]));
  } catch {
    return undefined;
  }
}
