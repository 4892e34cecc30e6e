import { randomBytes } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

import * as problems from '../core/problems.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { Locations } from './locations.ts';
import { readTextFile, replaceTextFile } from './textFile.ts';

/** A configuration of Codex that reaches a profile through the service. */
export interface ServiceConnection {
  /** Absolute path of the `config.toml`. */
  readonly config: string;
  readonly profile: ProfileSelection;
}

/** What the service is for. Absent means that there is none. */
export interface ServiceState {
  readonly port: number;
  readonly connections: readonly ServiceConnection[];
}

export function stateFile(locations: Locations): string {
  return join(locations.dataFolder, 'http-service.json');
}

/** `MCP_GATEWAY_AUTH_TOKEN=…`, in a file that only this user may read. */
export function tokenFile(locations: Locations): string {
  return join(locations.dataFolder, 'http-token.env');
}

/** What the service wrote, where its manager keeps no journal. */
export function serviceLog(locations: Locations): string {
  return join(locations.dataFolder, 'http-service.log');
}

/** Where a copy of what is replaced is kept; the token is never replaced, so there is no copy of it. */
function backups(locations: Locations): string {
  return join(locations.dataFolder, 'backups');
}

/** undefined where there is no service. Fails for a file that Wharf did not write, as it would then be lost. */
export async function readState(locations: Locations): Promise<Result<ServiceState | undefined>> {
  const file = await readTextFile(stateFile(locations));
  if (!file.ok) {
    return file;
  }
  if (file.value.hash === null) {
    return ok(undefined);
  }
  const state = stateOf(file.value.text);
  return state === undefined ? fail(problems.fileUnreadable(file.value.path, 'it is not what Wharf wrote')) : ok(state);
}

function stateOf(text: string): ServiceState | undefined {
  try {
    const { version, port, connections } = JSON.parse(text) as Record<string, unknown>;
    const isState = version === 1 && Number.isInteger(port) && Array.isArray(connections) && connections.every(isConnection);
    return isState ? { port: port as number, connections } : undefined;
  } catch {
    return undefined;
  }
}

function isConnection(value: unknown): value is ServiceConnection {
  const { config, profile } = (value ?? {}) as Partial<Record<'config' | 'profile', unknown>>;
  const { by, id, path } = (profile ?? {}) as Partial<Record<'by' | 'id' | 'path', unknown>>;
  const isFile = by === 'file' && typeof path === 'string' && isAbsolute(path);
  return typeof config === 'string' && ((by === 'id' && typeof id === 'string') || isFile);
}

export function writeState(locations: Locations, state: ServiceState): Promise<Result<boolean>> {
  return writeFile(locations, stateFile(locations), `${JSON.stringify({ version: 1, ...state }, null, 2)}\n`, 0o600);
}

/** Writes a file of Wharf's own, and says whether that changed it. */
export async function writeFile(locations: Locations, path: string, text: string, mode: number): Promise<Result<boolean>> {
  const file = await readTextFile(path);
  if (!file.ok) {
    return file;
  }
  if (file.value.hash !== null && file.value.text === text) {
    return ok(false);
  }
  const written = await replaceTextFile(file.value, text, backups(locations), mode);
  return written.ok ? ok(true) : written;
}

/** Makes the token if there is none yet. An old one stays: the shells of the user have it. */
export async function ensureToken(locations: Locations): Promise<Result<null>> {
  const path = tokenFile(locations);
  const file = await readTextFile(path);
  if (!file.ok) {
    return file;
  }
  if (/^MCP_GATEWAY_AUTH_TOKEN=[\w-]{43}\n$/.test(file.value.text)) {
    return restrict(path);
  }
  // No copy of whatever was there, in case it is a token.
  const removed = await remove(path);
  return removed.ok ? await asNull(replaceTextFile({ path, text: '', hash: null }, newToken(), backups(locations), 0o600)) : removed;
}

function newToken(): string {
  return `MCP_GATEWAY_AUTH_TOKEN=${randomBytes(32).toString('base64url')}\n`;
}

async function asNull(outcome: Promise<Result<unknown>>): Promise<Result<null>> {
  const result = await outcome;
  return result.ok ? ok(null) : result;
}

async function restrict(path: string): Promise<Result<null>> {
  return attempt(path, () => chmod(path, 0o600));
}

/** Removes a file, if it is there. */
export function remove(path: string): Promise<Result<null>> {
  return attempt(path, () => rm(path, { force: true }));
}

async function attempt(path: string, action: () => Promise<void>): Promise<Result<null>> {
  try {
    await action();
    return ok(null);
  } catch (error) {
    return fail(problems.fileUnwritable(path, error instanceof Error ? error.message : String(error)));
  }
}
