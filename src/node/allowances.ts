import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { ok, type Result } from '../shared/result.ts';
import type { Locations } from './locations.ts';
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
export async function allowProfile(locations: Locations, path: string, text: string): Promise<Result<null>> {
  const file = await readTextFile(allowancesFile(locations));
  if (!file.ok) {
    return file;
  }
  const known = parseAllowances(file.value.text);
  const next: Allowances = { version: 1, profiles: { ...known.profiles, [await realPath(path)]: hashOf(text) } };
  const written = await replaceTextFile(file.value, `${JSON.stringify(next, null, 2)}\n`, join(locations.dataFolder, 'backups'));
  return written.ok ? ok(null) : written;
}

/** Whether the user allowed exactly this content of this file. */
export async function isAllowed(locations: Locations, path: string, text: string): Promise<boolean> {
  const known = parseAllowances(await readFile(allowancesFile(locations), 'utf8').catch(() => ''));
  return known.profiles[await realPath(path)] === hashOf(text);
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
