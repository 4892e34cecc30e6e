import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { readTextFile } from '../../../src/node/textFile.ts';

const onUnix = { skip: process.platform === 'win32' ? 'needs devices and pipes' : false };

test('a device, a pipe, a folder and a file without measure are refused and not read', onUnix, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-plain-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync('/dev/zero', join(folder, 'zero.yaml'));
  execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
  writeFileSync(join(folder, 'large.yaml'), 'x'.repeat(2001));
  for (const name of ['zero.yaml', 'pipe.yaml', 'large.yaml', '.']) {
    const result = await readTextFile(join(folder, name), 2000);
    assert.equal(result.ok ? 'read' : result.problem.code, 'WHARF_FILE_UNREADABLE', name);
  }
  writeFileSync(join(folder, 'fits.yaml'), 'x'.repeat(2000));
  assert.equal((await readTextFile(join(folder, 'fits.yaml'), 2000)).ok, true);
});
