import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { ensurePrivateFolder } from '../../../src/node/privateFolder.ts';
import { asOrdinaryUser, temporaryFolder } from './folders.ts';

const onPosix = process.platform === 'win32' ? { skip: 'POSIX permissions' } : {};

function codeOf(folder: string): string | undefined {
  const result = ensurePrivateFolder(folder);
  return result.ok ? undefined : result.problem.code;
}

test('a private folder is made, also below folders that are not there', onPosix, (t) => {
  const folder = join(temporaryFolder(t), 'a', 'b');
  assert.deepEqual(ensurePrivateFolder(folder), { ok: true, value: folder });
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('a folder of ours that others may enter is closed to them', onPosix, (t) => {
  const folder = join(temporaryFolder(t), 'open');
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  assert.equal(codeOf(folder), undefined);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('a link, a file, and a folder that cannot be made are refused', onPosix, async (t) => {
  const base = temporaryFolder(t);
  mkdirSync(join(base, 'real'));
  symlinkSync(join(base, 'real'), join(base, 'link'));
  symlinkSync(join(base, 'nowhere'), join(base, 'dangling'));
  writeFileSync(join(base, 'file'), '');
  chmodSync(join(base, 'real'), 0o555);
  for (const path of ['link', 'dangling', 'file']) {
    assert.equal(codeOf(join(base, path)), 'WHARF_FOLDER_UNSAFE', path);
  }
  assert.equal(codeOf(join(base, 'file', 'below')), 'WHARF_FOLDER_MISSING');
  assert.equal(await asOrdinaryUser(() => codeOf(join(base, 'real', 'new'))), 'WHARF_FOLDER_MISSING');
});

test('where the system itself takes no folder that is said at once', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
  const result = ensurePrivateFolder('/proc/nothing/there/run');
  assert.ok(!result.ok);
  assert.equal(result.problem.code, 'WHARF_FOLDER_MISSING');
  assert.match(result.problem.detail ?? '', /no folder can be made in \/proc/);
});

test("somebody else's folder is refused", { skip: process.getuid?.() === 0 ? false : 'needs root' }, async (t) => {
  const folder = join(temporaryFolder(t), 'theirs');
  mkdirSync(folder, { mode: 0o777 });
  assert.equal(await asOrdinaryUser(() => codeOf(folder)), 'WHARF_FOLDER_UNSAFE');
});
