import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { ok, type Result } from '../shared/result.ts';
import type { Locations } from './locations.ts';
import { ensurePrivateFolder } from './privateFolder.ts';
import { readTextFile, replaceTextFile } from './textFile.ts';

interface Allowances {
  readonly version: 1;
  /** SHA-256 of the allowed content by the real path of the file. */
  readonly profiles: Readonly<Record<string, string>>;
}

/** Kept outside every repository: a file in a cloned repository grants nothing by itself. */
function allowancesFile(locations: Locations): string {
  return join(locations.dataFolder, 'allowed.json');
}

/** Remembers that the user allowed exactly this content of this file. */
export async function allowProfile(locations: Locations, path: string, content: string): Promise<Result<null>> {
  const folder = ensurePrivateFolder(await realPath(locations.dataFolder));
  if (!folder.ok) {
    return folder;
  }
  const file = await readTextFile(allowancesFile(locations));
  if (!file.ok) {
    return file;
  }
  const known = parseAllowances(file.value.text);
  const next: Allowances = { version: 1, profiles: { ...known.profiles, [await realPath(path)]: hashOf(content) } };
  const text = `${JSON.stringify(next, null, 2)}\n`;
  const written = await replaceTextFile(file.value, text, join(locations.dataFolder, 'backups'), 0o600);
  return written.ok ? ok(null) : written;
}

/** Whether the user allowed exactly this content of this file. */
export async function isAllowed(locations: Locations, path: string, text: string): Promise<boolean> {
  return (await allowedHash(locations, path)) === hashOf(text);
}

/** Whether the user once allowed some content of this file, be it this or an older one. */
export async function wasEverAllowed(locations: Locations, path: string): Promise<boolean> {
  return (await allowedHash(locations, path)) !== undefined;
}

async function allowedHash(locations: Locations, path: string): Promise<string | undefined> {
  const known = parseAllowances(await readFile(allowancesFile(locations), 'utf8').catch(() => ''));
  return known.profiles[await realPath(path)];
}

function parseAllowances(text: string): Allowances {
  try {
    const value = JSON.parse(text) as Partial<Allowances> | null;
    return { version: 1, profiles: value?.profiles ?? {} };
  } catch {
    return { version: 1, profiles: {} };
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
