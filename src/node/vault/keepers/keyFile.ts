import { hkdfSync, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

import { discard, isCode } from '../../fileLock.ts';
import { makeFolder } from '../../makeFolder.ts';
import { keyBytes } from '../seal.ts';
import { kept, notKept, type Kept, type KeptKey } from './keeper.ts';
import { readKeptFile } from './keptFile.ts';

/** Keys of another tool are fine as long as they are not shorter than ours. */
const leastBytes = keyBytes;

/** Uses the key in a file, which is made where there is none. It stays as it is afterwards. */
export async function keepInKeyFile(path: string): Promise<Kept<KeptKey>> {
  const made = await makeKeyFile(path);
  if (!made.ok) {
    return made;
  }
  const salt = randomBytes(16).toString('base64');
  const key = await keyFromKeyFile(path, salt);
  return key.ok ? kept({ record: { keeper: 'keyFile', path, salt }, key: key.value }) : key;
}

export async function keyFromKeyFile(path: string, salt: string): Promise<Kept<Buffer>> {
  const file = await readKeptFile(path);
  if (!file.ok) {
    return file;
  }
  try {
    return file.value.length < leastBytes
      ? notKept(`${path} has fewer than ${leastBytes} bytes`)
      : kept(Buffer.from(hkdfSync('sha256', file.value, Buffer.from(salt, 'base64'), 'wharf vault key file', keyBytes)));
  } finally {
    file.value.fill(0);
  }
}

async function makeKeyFile(path: string): Promise<Kept<null>> {
  try {
    makeFolder(dirname(path), 0o700);
    const handle = await open(path, 'wx', 0o600);
    try {
      await handle.writeFile(`${randomBytes(keyBytes).toString('base64')}\n`);
      await handle.sync();
    } catch (error) {
      // Half a key would be taken for one the next time.
      await discard(path);
      throw error;
    } finally {
      await handle.close();
    }
    return kept(null);
  } catch (error) {
    return isCode(error, 'EEXIST') ? kept(null) : notKept(error instanceof Error ? error.message : String(error));
  }
}
