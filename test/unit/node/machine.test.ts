import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { isAlive, ownIdentity } from '../../../src/node/machine.ts';

const onLinux = process.platform === 'linux' ? {} : { skip: 'start times are read from /proc' };

test('this process is alive, and known by the same words each time', () => {
  assert.ok(isAlive(ownIdentity()));
  assert.deepEqual(ownIdentity(), ownIdentity());
  assert.match(ownIdentity().machine, /^[0-9a-f]{16}$/);
});

test('a process that ended is not alive', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  assert.ok(!isAlive({ ...ownIdentity(), pid }));
  assert.ok(!isAlive({ ...ownIdentity(), pid, startedAt: '' }));
});

test('a process that has the id of an older one is not that one', onLinux, async (t) => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  assert.ok(!isAlive({ ...ownIdentity(), pid }));
  assert.ok(isAlive({ ...ownIdentity(), pid, startedAt: '' }));
  assert.ok(!isAlive({ ...ownIdentity(), startedAt: '1' }));
});

test('a process of another boot is not alive', onLinux, () => {
  assert.ok(!isAlive({ ...ownIdentity(), boot: 'another' }));
});
