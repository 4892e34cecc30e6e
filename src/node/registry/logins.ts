import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { dockerHub } from '../../core/provenance/imageName.ts';
import { helperLogin, hubLogin, loginPlace, storedLogin, type RegistryLogin } from '../../core/registry/logins.ts';
import { runTool } from '../runTool.ts';

/** A helper may have to ask the user to unlock a keyring. */
const helperPatienceMs = 30_000;
/** Bytes; a login is far shorter. */
const longestAnswer = 64 * 1024;

/** Where the `docker` command keeps its logins. */
export function dockerConfigFolder(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['DOCKER_CONFIG'] || join(homedir(), '.docker');
}

/** What `docker login` stored for a registry; undefined where there is nothing, or nothing that can be had. */
export async function storedLoginOf(host: string, configFolder: string): Promise<RegistryLogin | undefined> {
  const server = host === dockerHub ? hubLogin : host;
  const place = loginPlace(await readFile(join(configFolder, 'config.json'), 'utf8').catch(() => ''), server);
  switch (place.kind) {
    case 'helper':
      return askHelper(place.program, server);
    case 'stored':
      return storedLogin(Buffer.from(place.auth, 'base64').toString('utf8'), place.identityToken);
    case 'none':
      return undefined;
  }
}

/** The protocol of docker-credential-helpers: the server on stdin, JSON on stdout. */
async function askHelper(command: string, server: string): Promise<RegistryLogin | undefined> {
  const limits = { timeoutMs: helperPatienceMs, longestOutput: longestAnswer };
  const outcome = await runTool({ command, args: ['get'], env: process.env, input: server, ...limits });
  return outcome.kind === 'ended' ? helperLogin(outcome.stdout.toString('utf8')) : undefined;
}
