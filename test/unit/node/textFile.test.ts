import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

import { readTextFile, replaceTextFile, type TextFile } from '../../../src/node/textFile.ts';
import type { Result } from '../../../src/shared/result.ts';
import { asOrdinaryUser, temporaryFolder } from './folders.ts';

const onPosix = process.platform === 'win32' ? { skip: 'POSIX permissions' } : {};

function value<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.problem.message} ${result.problem.detail ?? ''}`);
  return result.value;
}

function codeOf(result: Result<unknown>): string {
  assert.ok(!result.ok, 'it worked');
  return result.problem.code;
}

/** A file with content, read, and a folder for backups beside it. */
async function started(t: TestContext, text = 'old\n'): Promise<{ folder: string; path: string; backups: string; read: TextFile }> {
  const folder = temporaryFolder(t);
  const path = join(folder, 'config.toml');
  writeFileSync(path, text);
  return { folder, path, backups: join(folder, 'backups'), read: value(await readTextFile(path)) };
}

function backedUp(backups: string): string {
  const [only, ...more] = readdirSync(backups);
  assert.deepEqual(more, []);
  assert.deepEqual(readdirSync(join(backups, only ?? '')), ['config.toml']);
  return readFileSync(join(backups, only ?? '', 'config.toml'), 'utf8');
}

test('a text is read with its byte order mark and its line ends, and written back byte for byte', async (t) => {
  const text = '\uFEFFa = 1\r\n\r\nb = "ü😀"\n\n# end\r\n  ';
  const { path, backups, read } = await started(t, text);
  assert.equal(read.text, text);
  const before = readFileSync(path);
  value(await replaceTextFile(read, read.text, backups));
  assert.deepEqual(readFileSync(path), before);
});

test('a missing file reads as empty', async (t) => {
  const path = join(temporaryFolder(t), 'none');
  assert.deepEqual(value(await readTextFile(path)), { path, text: '', hash: null });
});

test('what is no UTF-8 text is refused', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'latin1');
  for (const bytes of [[0x66, 0xfc, 0x72], [0xc3], [0xed, 0xa0, 0x80], [0xff, 0xfe, 0x41, 0x00]]) {
    writeFileSync(path, Buffer.from(bytes));
    assert.equal(codeOf(await readTextFile(path)), 'WHARF_FILE_UNREADABLE');
  }
  assert.equal(codeOf(await readTextFile(folder)), 'WHARF_FILE_UNREADABLE');
});

test('a file that may not be read is refused', onPosix, async (t) => {
  const { path } = await started(t);
  chmodSync(path, 0);
  assert.equal(codeOf(await asOrdinaryUser(() => readTextFile(path))), 'WHARF_FILE_UNREADABLE');
});

test('replacing changes the content, keeps the last version as a backup and leaves nothing else', async (t) => {
  const { folder, path, backups, read } = await started(t);
  const second = value(await replaceTextFile(read, 'new\n', backups));
  assert.equal(readFileSync(path, 'utf8'), 'new\n');
  assert.equal(backedUp(backups), 'old\n');
  value(await replaceTextFile(second, 'newer\n', backups));
  assert.equal(readFileSync(path, 'utf8'), 'newer\n');
  assert.equal(backedUp(backups), 'new\n');
  assert.deepEqual(readdirSync(folder).sort(), ['backups', 'config.toml']);
});

test('a file that did not exist is made, with its folder', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, '.codex', 'config.toml');
  value(await replaceTextFile(value(await readTextFile(path)), 'new\n', join(folder, 'backups')));
  assert.equal(readFileSync(path, 'utf8'), 'new\n');
  assert.deepEqual(readdirSync(join(folder, '.codex')), ['config.toml']);
});

test('the mode of the file stays, whatever the umask says', onPosix, async (t) => {
  for (const mode of [0o600, 0o664, 0o666, 0o755, 0o444]) {
    const { path, backups, read } = await started(t);
    chmodSync(path, mode);
    const again = value(await replaceTextFile(read, 'new\n', backups));
    value(await replaceTextFile(again, 'newer\n', backups));
    assert.equal(statSync(path).mode & 0o777, mode);
  }
});

test('a read-only file in a folder of its owner is replaced time and again', onPosix, async (t) => {
  const { path, backups, read } = await started(t);
  chmodSync(path, 0o444);
  await asOrdinaryUser(async () => {
    const again = value(await replaceTextFile(read, 'new\n', backups));
    value(await replaceTextFile(again, 'newer\n', backups));
  });
  assert.equal(readFileSync(path, 'utf8'), 'newer\n');
  assert.equal(backedUp(backups), 'new\n');
});

test('root does not take a file from its owner', { skip: process.getuid?.() === 0 ? false : 'needs root' }, async (t) => {
  const { path, backups, read } = await started(t);
  chownSync(path, 65_534, 65_534);
  value(await replaceTextFile(read, 'new\n', backups));
  assert.deepEqual([statSync(path).uid, statSync(path).gid], [65_534, 65_534]);
});

test('a symbolic link stays a link and its target is replaced', onPosix, async (t) => {
  const { folder, path, backups } = await started(t);
  const link = join(folder, 'link');
  symlinkSync('config.toml', link);
  value(await replaceTextFile(value(await readTextFile(link)), 'new\n', backups));
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(path, 'utf8'), 'new\n');
});

test('a link to a file that is not there yet stays a link', onPosix, async (t) => {
  const folder = temporaryFolder(t);
  const link = join(folder, 'config.toml');
  symlinkSync('second', link);
  symlinkSync(join('dotfiles', 'codex.toml'), join(folder, 'second'));
  value(await replaceTextFile(value(await readTextFile(link)), 'new\n', join(folder, 'backups')));
  assert.equal(readlinkSync(link), 'second');
  assert.equal(readFileSync(join(folder, 'dotfiles', 'codex.toml'), 'utf8'), 'new\n');
});

test('links in a circle give a problem', onPosix, async (t) => {
  const folder = temporaryFolder(t);
  symlinkSync('b', join(folder, 'a'));
  symlinkSync('a', join(folder, 'b'));
  assert.equal(codeOf(await readTextFile(join(folder, 'a'))), 'WHARF_FILE_UNREADABLE');
});

test('nothing is written when the file changed, appeared or vanished since it was read', async (t) => {
  const { folder, path, backups, read } = await started(t);
  writeFileSync(path, 'theirs\n');
  assert.equal(codeOf(await replaceTextFile(read, 'ours\n', backups)), 'WHARF_FILE_CHANGED');
  assert.equal(readFileSync(path, 'utf8'), 'theirs\n');
  rmSync(path);
  assert.equal(codeOf(await replaceTextFile(read, 'ours\n', backups)), 'WHARF_FILE_CHANGED');
  assert.ok(!existsSync(path));
  const absent = value(await readTextFile(path));
  writeFileSync(path, '');
  assert.equal(codeOf(await replaceTextFile(absent, 'ours\n', backups)), 'WHARF_FILE_CHANGED');
  assert.equal(readFileSync(path, 'utf8'), '');
  assert.deepEqual(
    readdirSync(folder).filter((name) => name !== 'backups'),
    ['config.toml'],
  );
});

test('in a read-only folder the file stays as it was and the problem says so', onPosix, async (t) => {
  const { folder, path, backups, read } = await started(t);
  chmodSync(folder, 0o555);
  assert.equal(codeOf(await asOrdinaryUser(() => replaceTextFile(read, 'new\n', backups))), 'WHARF_FILE_UNWRITABLE');
  assert.equal(readFileSync(path, 'utf8'), 'old\n');
  assert.deepEqual(readdirSync(folder), ['config.toml']);
});

test('nothing is written when no backup can be kept', async (t) => {
  const { folder, path, backups, read } = await started(t);
  writeFileSync(backups, 'a file where the folder should be');
  assert.equal(codeOf(await replaceTextFile(read, 'new\n', backups)), 'WHARF_FILE_UNWRITABLE');
  assert.equal(readFileSync(path, 'utf8'), 'old\n');
  assert.deepEqual(readdirSync(folder).sort(), ['backups', 'config.toml']);
});

/** A process id that nobody has any more. */
function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

test('the lock of a dead program is taken over', async (t) => {
  const { folder, path, backups, read } = await started(t);
  writeFileSync(`${path}.wharf-lock`, String(deadPid()));
  value(await replaceTextFile(read, 'new\n', backups));
  assert.deepEqual(readdirSync(folder).sort(), ['backups', 'config.toml']);
});

test('an old lock is taken over even when its process id belongs to somebody else by now', async (t) => {
  const { path, backups, read } = await started(t);
  const lock = `${path}.wharf-lock`;
  writeFileSync(lock, String(process.pid));
  const anHourAgo = Date.now() / 1000 - 3600;
  utimesSync(lock, anHourAgo, anHourAgo);
  value(await replaceTextFile(read, 'new\n', backups));
});

test('the lock of a living program is respected', async (t) => {
  const { path, backups, read } = await started(t);
  const lock = `${path}.wharf-lock`;
  writeFileSync(lock, String(process.pid));
  const writing = replaceTextFile(read, 'new\n', backups);
  setTimeout(() => {
    assert.equal(readFileSync(path, 'utf8'), 'old\n');
    rmSync(lock);
  }, 100);
  value(await writing);
  assert.equal(readFileSync(path, 'utf8'), 'new\n');
});

test('of many writers who read the same version exactly one wins', async (t) => {
  const { folder, path, backups, read } = await started(t);
  const texts = Array.from({ length: 20 }, (_, index) => `${index}\n`.repeat(2000));
  const results = await Promise.all(texts.map((text) => replaceTextFile(read, text, backups)));
  const won = results.flatMap((result, index) => (result.ok ? [index] : []));
  assert.equal(won.length, 1);
  assert.equal(readFileSync(path, 'utf8'), texts[won[0] ?? -1]);
  assert.equal(backedUp(backups), 'old\n');
  assert.deepEqual(readdirSync(folder).sort(), ['backups', 'config.toml']);
});

test('processes that write at once lose no line, beginning with the lock of a dead one', async (t) => {
  const { folder, path, backups } = await started(t, '');
  writeFileSync(`${path}.wharf-lock`, String(deadPid()));
  const script = join(import.meta.dirname, 'appendLines.ts');
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const count = 8;
  await Promise.all(names.map((name) => promisify(execFile)(process.execPath, [script, path, backups, name, String(count)])));
  const expected = names.flatMap((name) => Array.from({ length: count }, (_, index) => `${name} ${index + 1}`));
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.deepEqual([...lines].sort(), expected.sort());
  assert.deepEqual(readdirSync(folder).sort(), ['backups', 'config.toml']);
});

test('a full disk leaves the old content and no lock', async (t) => {
  const folder = temporaryFolder(t);
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) {
    t.skip('needs the right to mount a small disk');
    return;
  }
  try {
    await writeOnFullDisk(disk, join(folder, 'backups'));
  } finally {
    assert.equal(spawnSync('umount', [disk]).status, 0);
  }
});

async function writeOnFullDisk(disk: string, backups: string): Promise<void> {
  const path = join(disk, 'config.toml');
  const old = 'x'.repeat(20_000);
  writeFileSync(path, old);
  const read = value(await readTextFile(path));
  assert.equal(codeOf(await replaceTextFile(read, 'y'.repeat(60_000), backups)), 'WHARF_FILE_UNWRITABLE');
  assert.deepEqual([readFileSync(path, 'utf8'), readdirSync(disk)], [old, ['config.toml']]);
  assert.equal(codeOf(await replaceTextFile(read, 'y'.repeat(30_000), join(disk, 'backups'))), 'WHARF_FILE_UNWRITABLE');
  assert.equal(readFileSync(path, 'utf8'), old);
  rmSync(join(disk, 'backups'), { recursive: true, force: true });
  fill(join(disk, 'filler'));
  assert.equal(codeOf(await replaceTextFile(read, 'z', backups)), 'WHARF_FILE_UNWRITABLE');
  assert.deepEqual([readFileSync(path, 'utf8'), readdirSync(disk).sort()], [old, ['config.toml', 'filler']]);
}

/** Writes until not even one byte more has room. */
function fill(path: string): void {
  try {
    for (;;) {
      writeFileSync(path, 'f'.repeat(1024), { flag: 'a' });
    }
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}
