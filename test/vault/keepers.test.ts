import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { makePasswordStore, startKeyring } from '../support/keyring.ts';
import { demoProfile, makeHome } from '../support/wharfHome.ts';
import { codeOf, openVault, value, valueOf, vaultPlace } from '../unit/vault/vaults.ts';

const run = promisify(execFile);

async function listed(helper: string, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { stdout } = await run(`docker-credential-${helper}`, ['list'], { env });
  return Object.keys(JSON.parse(stdout) as Record<string, string>).filter((url) => url.includes('vault.wharf.invalid'));
}

test('the Secret Service keeps the key through its helper, and the daemon that Codex starts gets it by itself', async (t) => {
  const keyring = await startKeyring(t);
  const bus = { DBUS_SESSION_BUS_ADDRESS: keyring['DBUS_SESSION_BUS_ADDRESS'] ?? '' };
  const home = await makeHome(t);
  const set = await home.wharf(['secret', 'set', 'a'], bus, 'x');
  assert.equal(set.code, 0, set.stderr);
  assert.match(set.stdout, /Its key is kept by docker-credential-secretservice\./);
  assert.equal((await listed('secretservice', keyring)).length, 1);
  await home.stop();

  await home.addProfile('dev', demoProfile);
  await home.stop();
  // As Codex does it, without any variable of the session.
  await home.session('dev');
  const control = await home.control();
  assert.ok(control);
  assert.deepEqual(value(await control.request('secret/set', { name: 'b', value: 'y' })), { replaced: false });
  assert.equal(value(await control.request('vault/rotate', {})).secrets, 2);
  assert.equal((await listed('secretservice', keyring)).length, 1, 'the old key is gone, the new one is there');

  const [account = ''] = await listed('secretservice', keyring);
  value(await control.request('vault/lock', {}));
  await runWithInput('docker-credential-secretservice', ['erase'], account, keyring);
  const status = value(await control.request('vault/status', {}));
  assert.equal(status.kind, 'locked');
  const before = readFileSync(status.file);
  const unlocked = await control.request('vault/unlock', { passphrase: '', forMs: null });
  assert.equal(codeOf(unlocked), 'WHARF_VAULT_KEEPER');
  assert.deepEqual(readFileSync(status.file), before);
});

test('where no helper is installed the keyring keeps the key through the optional package', async (t) => {
  const keyring = await startKeyring(t);
  const place = vaultPlace(t);
  const env = { ...keyring, PATH: '/nonexistent' };
  value(await openVault(place, env).set('a', 'x'));
  const status = value(await openVault(place, env).status());
  assert.deepEqual(status.kind === 'locked' && [status.keeper, status.opensItself], ['keyring', true]);
  const vault = openVault(place, env);
  assert.equal(await valueOf(vault, 'a'), 'x');
  assert.equal(value(await vault.rotate()), 1);
  assert.match(readFileSync(place.file, 'utf8'), /"retired": \[\]/);
  assert.equal(await valueOf(openVault(place, env), 'a'), 'x');
  value(await vault.rotate({ kind: 'keyFile', path: place.keyFile }));
  assert.equal(await valueOf(openVault(place), 'a'), 'x');
});

test('a password store keeps the key through its helper, and a Secret Service that is not there is told', async (t) => {
  const store = await makePasswordStore(t);
  const home = await makeHome(t);
  const { GNUPGHOME = '', PASSWORD_STORE_DIR = '' } = store;
  const set = await home.wharf(['secret', 'set', 'a'], { GNUPGHOME, PASSWORD_STORE_DIR }, 'x');
  assert.equal(set.code, 0, set.stderr);
  assert.match(set.stdout, /Its key is kept by docker-credential-pass\.\nNot by docker-credential-secretservice: ./);
  assert.equal((await listed('pass', store)).length, 1);
  await home.stop();
  const again = await home.wharf(['secret', 'rotate']);
  assert.equal(again.code, 0, again.stderr);
  assert.equal((await listed('pass', store)).length, 1);
});

function runWithInput(program: string, args: readonly string[], input: string, env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env }, (error) => (error === null ? resolve() : reject(error)));
    child.stdin?.end(input);
  });
}

test('what another program keeps in a credential helper is taken over, and is in no argument of a process', async (t) => {
  const keyring = await startKeyring(t);
  const bus = { DBUS_SESSION_BUS_ADDRESS: keyring['DBUS_SESSION_BUS_ADDRESS'] ?? '' };
  const home = await makeHome(t);
  const entry = { ServerURL: 'https://registry.example/v2/', Username: 'u', Secret: ['to', 'ken', '4711'].join('-') };
  await runWithInput('docker-credential-secretservice', ['store'], JSON.stringify(entry), keyring);
  const dry = await home.wharf(['secret', 'import', entry.ServerURL, '--helper', 'secretservice', '--dry-run'], bus);
  assert.match(dry.stdout, /^registry\.example\/v2 would be stored\.$/m);
  const imported = await home.wharf(['secret', 'import', entry.ServerURL, '--helper', 'secretservice', '--as', 'registry.token'], bus);
  assert.equal(imported.code, 0, imported.stderr);
  assert.match(imported.stdout, /Stored registry\.token\./);
  assert.ok(![imported.stdout, imported.stderr].join('').includes(entry.Secret));
  const missing = await home.wharf(['secret', 'import', 'https://other.example', '--helper', 'secretservice'], bus);
  assert.match(missing.stderr, /credentials not found.*docker-credential-secretservice list/s);
});
