import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { refusedMounts } from '../../../src/cli/refusedMounts.ts';
import { readProfile } from '../../../src/core/profile/read.ts';

test('a configured folder below the home folder is not told as refused, as its place in the container follows from it', async (t) => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'wharf-home-')));
  const before = process.env['HOME'];
  process.env['HOME'] = home;
  t.after(() => {
    process.env['HOME'] = before;
    rmSync(home, { recursive: true });
  });
  if (homedir() !== home) {
    t.skip('the home folder of this system is not named by HOME');
    return;
  }
  mkdirSync(join(home, 'docs'));
  const entry = { name: 'x', image: 'a/b:1', wharf: { mounts: ['~/docs:~/docs', '~/.ssh:~/.ssh'] } };
  const read = readProfile(JSON.stringify({ version: 1, id: 'dev', servers: [entry] }), 'dev.yaml');
  assert.ok(read.ok);
  const folders = { configFolder: '/c', dataFolder: '/d', runtimeFolder: '/r', environment: {} };
  const lines = await refusedMounts(folders, read.value);
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.match(lines[0] ?? '', /^refused: ~\/\.ssh is not mounted/);
});
