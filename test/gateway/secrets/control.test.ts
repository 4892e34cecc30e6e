import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { ControlClient } from '../../../src/node/controlClient.ts';
import type { VaultStatus } from '../../../src/shared/controlProtocol.ts';
import type { Result } from '../../../src/shared/result.ts';
import { until } from '../../support/until.ts';
import { isRunning, makeHome, type WharfHome } from '../../support/wharfHome.ts';

const passphrase = ['correct', 'horse', 'battery'].join(' ');

function value<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.problem.code} ${result.problem.message}`);
  return result.value;
}

function codeOf(result: Result<unknown>): string {
  assert.ok(!result.ok, 'it worked');
  return result.problem.code;
}

/** A home with a daemon, and a vault under a passphrase. */
async function lockedHome(t: TestContext): Promise<{ readonly home: WharfHome; readonly control: ControlClient }> {
  const home = await makeHome(t);
  const made = await home.wharf(['secret', 'init', '--passphrase'], {}, `${passphrase}\n`);
  assert.equal(made.code, 0, made.stderr);
  const control = await home.control();
  assert.ok(control);
  return { home, control };
}

async function kindOf(control: ControlClient): Promise<VaultStatus['kind']> {
  return value(await control.request('vault/status', {})).kind;
}

test('the daemon holds a passphrase for as long as was said, and then forgets the key', async (t) => {
  const { home, control } = await lockedHome(t);
  value(await control.request('secret/set', { name: 'a', value: 'x' }));
  const locked = await home.wharf(['secret', 'lock']);
  assert.match(locked.stdout, /is locked: "wharf secret unlock"/);
  assert.equal(codeOf(await control.request('secret/set', { name: 'b', value: 'y' })), 'WHARF_VAULT_LOCKED');
  const wrong = await home.wharf(['secret', 'unlock'], {}, `${passphrase}?\n`);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /WHARF_VAULT_PASSPHRASE/);
  const opened = await home.wharf(['secret', 'unlock', '--for', '30m'], {}, `${passphrase}\n`);
  assert.match(opened.stdout, /is open until \d{4}-\d\d-\d\d \d\d:\d\d\./);
  assert.deepEqual(value(await control.request('secret/set', { name: 'a', value: 'z' })), { replaced: true });
  value(await control.request('vault/unlock', { passphrase, forMs: 1 }));
  await until(async () => (await kindOf(control)) === 'locked', { what: 'the key to be forgotten' });
  assert.equal(codeOf(await control.request('vault/rotate', {})), 'WHARF_VAULT_LOCKED');
});

test('no request gives a value, and a request of another form is refused', async (t) => {
  const { control } = await lockedHome(t);
  const request = control.request.bind(control) as (method: string, params: unknown) => Promise<Result<unknown>>;
  for (const [method, params] of [
    ['secret/get', { name: 'a' }],
    ['secret/set', { name: 'a' }],
    ['secret/set', { name: 'a', value: 1 }],
    ['secret/remove', { names: 'a' }],
    ['secret/list', { hidden: 'yes' }],
    ['vault/unlock', { passphrase, forMs: -1 }],
    ['vault/unlock', { passphrase, forMs: 2 ** 31 }],
    ['vault/unlock', { passphrase }],
    ['vault/init', { keeper: { kind: 'cloud' }, forMs: null }],
    ['vault/rotate', { keeper: { kind: 'keyFile' } }],
  ] as const) {
    assert.equal(codeOf(await request(method, params)), 'WHARF_DAEMON_UNREACHABLE', `${method} ${JSON.stringify(params)}`);
  }
  for (const [name, content, code] of [
    ['../a', 'x', 'WHARF_SECRET_NAME'],
    ['oauth/x', 'x', 'WHARF_SECRET_NAME'],
    ['a', '', 'WHARF_SECRET_VALUE'],
    ['a', 'x\0y', 'WHARF_SECRET_VALUE'],
    ['a', 'x'.repeat(64 * 1024 + 1), 'WHARF_SECRET_VALUE'],
  ] as const) {
    assert.equal(codeOf(await control.request('secret/set', { name, value: content })), code, name);
  }
  assert.equal(codeOf(await control.request('secret/remove', { names: ['oauth/x'] })), 'WHARF_SECRET_NAME');
  assert.deepEqual(value(await control.request('secret/list', {})).secrets, []);
});

test('a daemon that was started without the variables finds the key file and the passphrase file by their recorded paths', async (t) => {
  const home = await makeHome(t);
  const keyFile = join(home.home, 'vault key');
  // Relative, as a shell would have it: the record must hold for other folders.
  const set = await home.wharf(['secret', 'set', 'a'], { WHARF_VAULT_KEY_FILE: '../vault key' }, 'x');
  assert.equal(set.code, 0, set.stderr);
  assert.match(set.stderr, /WHARF_VAULT_KEY_FILE=.*\/vault key of this shell is remembered/);
  const status = await home.wharf(['secret', 'status']);
  assert.ok(status.stdout.includes(`the key file ${keyFile}`), status.stdout);
  await home.stop();
  const again = await home.wharf(['secret', 'set', 'b'], {}, 'y');
  assert.equal(again.code, 0, again.stderr);
  const { pid } = await home.status();
  assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'utf8'), /WHARF_VAULT/, 'a daemon looks the path up each time');

  const file = join(home.home, 'passphrase');
  writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
  assert.equal((await home.wharf(['secret', 'rotate', '--passphrase'], {}, `${passphrase}\n`)).code, 0);
  await home.wharf(['secret', 'lock']);
  // The daemon runs already: it takes the path from the record.
  const opened = await home.wharf(['secret', 'unlock'], { WHARF_VAULT_PASSPHRASE_FILE: file });
  assert.equal(opened.code, 0, opened.stderr);
});

test('a daemon without clients stays as long as it holds a passphrase', async (t) => {
  const { home, control } = await lockedHome(t);
  const { runDaemon } = await import('../../../src/gateway/daemon.ts');
  control.close();
  await home.stop();
  const started = await runDaemon(home.locations, () => undefined, 20);
  assert.ok(started.ok && started.value.kind === 'serving');
  const daemon = started.value;
  t.after(async () => {
    daemon.stop();
    await daemon.ended;
  });
  const state = { ended: false };
  void daemon.ended.then(() => (state.ended = true));
  const mine = await home.control();
  assert.ok(mine);
  value(await mine.request('vault/unlock', { passphrase, forMs: 3_600_000 }));
  mine.close();
  const next = await until(() => home.control(), { what: 'a second connection' });
  value(await next.request('vault/lock', {}));
  assert.equal(state.ended, false);
  next.close();
  await until(() => state.ended, { what: 'the daemon to end' });
});

test('the daemon writes no memory into a core file and lets no debugger in', { skip: process.platform !== 'linux' }, async (t) => {
  const { home } = await lockedHome(t);
  const { pid } = await home.status();
  assert.match(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8'), /^0+\s*$/);
  process.kill(pid, 'SIGUSR1');
  // It answers after the signal has come.
  const control = await home.control();
  assert.ok(control);
  value(await control.request('vault/status', {}));
  assert.ok(isRunning(pid));
  assert.doesNotMatch(await home.log(), /Debugger listening/);
});
