import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { lockPath, readLockFile } from '../../../src/node/lockFiles.ts';
import { temporaryFolder } from './folders.ts';

test(
  'a link to a profile, as in another project, leads to no profile without its lock',
  { skip: process.platform === 'win32' },
  async (t) => {
    const base = realpathSync(temporaryFolder(t));
    const [own, other] = [join(base, 'own'), join(base, 'other')];
    [own, other].forEach((folder) => mkdirSync(folder));
    writeFileSync(join(own, 'dev.yml'), 'version: 1\n');
    writeFileSync(join(own, 'dev.lock.yaml'), 'version: 1\nservers: {}\n');
    const link = join(other, 'dev.yaml');
    symlinkSync(join(own, 'dev.yml'), link);
    assert.equal(lockPath(link), join(own, 'dev.lock.yaml'));
    const read = await readLockFile(link);
    assert.ok(read.ok && read.value.lock !== null);
    writeFileSync(join(other, 'dev.lock.yaml'), 'version: 1\nservers: []\n');
    assert.ok((await readLockFile(link)).ok, 'what lies beside the link does not count');
  },
);
