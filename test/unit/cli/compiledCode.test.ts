import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { programOfFile } from './program.ts';

const program = programOfFile();
const onPosix = process.platform === 'win32' ? { skip: 'POSIX permissions' } : {};

/** Where the command line keeps its compiled code, after `--help` ran. */
async function keptBy(prepare: (data: string) => void): Promise<string> {
  const own = join(program().project, '..', `own-${Math.random().toString(36).slice(2)}`);
  const data = join(own, 'data');
  prepare(data);
  assert.equal((await program().run(['--help'], { env: { WHARF_HOME: own } })).code, 0);
  return join(data, 'compiled');
}

test('the command line keeps its compiled code in a folder that only its user can enter', onPosix, async () => {
  const kept = await keptBy((data) => mkdirSync(data, { recursive: true, mode: 0o700 }));
  assert.equal(statSync(kept).mode & 0o777, 0o700);
  assert.ok(readdirSync(kept).length > 0);
});

test('no code is kept where others could write it, or where a link leads elsewhere, and help makes no folder', onPosix, async () => {
  const open = await keptBy((data) => {
    mkdirSync(data, { recursive: true });
    chmodSync(data, 0o777);
  });
  assert.ok(!existsSync(open));
  const linked = await keptBy((data) => {
    mkdirSync(join(data, '..', 'elsewhere'), { recursive: true });
    symlinkSync(join(data, '..', 'elsewhere'), data);
  });
  assert.ok(!existsSync(linked));
  assert.ok(!existsSync(await keptBy(() => undefined)));
});

test('an XDG folder that is empty or relative is none: nothing is kept where one works', onPosix, async () => {
  const folder = join(program().project, 'wharf');
  mkdirSync(folder, { mode: 0o700, recursive: true });
  for (const XDG_DATA_HOME of ['', '.', 'x']) {
    assert.equal((await program().run(['--help'], { env: { XDG_DATA_HOME, WHARF_HOME: '' } })).code, 0);
  }
  assert.ok(!existsSync(join(folder, 'compiled')));
});
