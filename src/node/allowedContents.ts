import { createHash } from 'node:crypto';
import { readdir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { ok, type Result } from '../shared/result.ts';
import type { Locations } from './locations.ts';
import { ensurePrivateFolder } from './privateFolder.ts';
import { readTextFile, replaceTextFile } from './textFile.ts';

/** Contents that are allowed now, each in a file that is named by its hash, so that a change can be shown line by line. */
function contentsFolder(locations: Locations): string {
  return join(locations.dataFolder, contentsName);
}

const contentsName = 'allowed';

/** What was written a moment ago may belong to an allowance that another program is about to record. */
const freshMs = 60_000;

/** Keeps a content for its user alone. */
export async function keepContent(locations: Locations, content: string): Promise<Result<null>> {
  const data = await realpath(locations.dataFolder).catch(() => locations.dataFolder);
  for (const folder of [data, join(data, contentsName)]) {
    const made = ensurePrivateFolder(folder);
    if (!made.ok) {
      return made;
    }
  }
  const file = await readTextFile(join(contentsFolder(locations), sha256(content)));
  if (!file.ok || file.value.text === content) {
    return file.ok ? ok(null) : file;
  }
  const written = await replaceTextFile(file.value, content, null, 0o600);
  return written.ok || written.problem.code === 'WHARF_FILE_CHANGED' ? ok(null) : written;
}

/** The content of this hash; null where it was not kept, or is not that any more. */
export async function keptContent(locations: Locations, hash: string): Promise<string | null> {
  const file = await readTextFile(join(contentsFolder(locations), hash));
  return file.ok && file.value.hash !== null && sha256(file.value.text) === hash ? file.value.text : null;
}

/** Forgets all contents but those of these hashes. */
export async function forgetContents(locations: Locations, hashes: readonly string[]): Promise<Result<null>> {
  const names: string[] = await readdir(contentsFolder(locations)).catch(() => []);
  for (const name of names.filter((one) => /^[0-9a-f]{64}$/.test(one) && !hashes.includes(one))) {
    const path = join(contentsFolder(locations), name);
    if (await isOld(path)) {
      await rm(path, { force: true }).catch(() => undefined);
    }
  }
  return ok(null);
}

async function isOld(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > freshMs;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
