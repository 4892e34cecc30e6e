import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { VaultStatus } from '../../../src/shared/controlProtocol.ts';
import { until } from '../../support/until.ts';
import { temporaryFolder } from '../node/folders.ts';
import { codeOf, openVault, standInHelper, tamper, value, valueOf, vaultPlace, type VaultPlace } from './vaults.ts';

const onPosix = process.platform === 'win32' ? { skip: 'POSIX permissions' } : {};
const passphrase = ['correct', 'horse', 'battery'].join(' ');

async function statusOf(place: VaultPlace, env: Readonly<Record<string, string>>): Promise<VaultStatus> {
  return value(await openVault(place, env).status());
}

/** Docker is set up with a credential helper. */
function dockerConfig(t: TestContext, credsStore: string): string {
  const folder = join(temporaryFolder(t), '.docker');
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ credsStore }));
  return folder;
}

test('the helper that Docker is set up with keeps the key, and the key alone', async (t) => {
  const [own, other] = [standInHelper(t, 'own'), standInHelper(t, 'secretservice')];
  const place = vaultPlace(t);
  const env = { PATH: `${own.bin}:${other.bin}`, DOCKER_CONFIG: dockerConfig(t, 'own') };
  value(await openVault(place, env).set('a', 'the value'));
  const status = await statusOf(place, env);
  assert.equal(status.kind === 'none' ? '' : status.keptBy, 'docker-credential-own');
  assert.deepEqual(status.kind === 'locked' && status.opensItself, true);
  assert.equal(await valueOf(openVault(place, env), 'a'), 'the value');
});

test('a helper that is there and fails is passed over, with its reason, and the secret that it was given is in no word of it', async (t) => {
  const [broken, works] = [standInHelper(t, 'secretservice'), standInHelper(t, 'pass')];
  broken.setBroken('Cannot autolaunch D-Bus without X11 $DISPLAY');
  const place = vaultPlace(t);
  const env = { PATH: `${broken.bin}:${works.bin}`, DOCKER_CONFIG: dockerConfig(t, 'nowhere') };
  value(await openVault(place, env).set('a', 'x'));
  const status = await statusOf(place, env);
  assert.ok(status.kind !== 'none');
  assert.equal(status.keptBy, 'docker-credential-pass');
  assert.deepEqual(status.passedOver, [
    { keeper: 'docker-credential-nowhere', reason: 'it is not installed' },
    { keeper: 'docker-credential-secretservice', reason: 'Cannot autolaunch D-Bus without X11 $DISPLAY' },
  ]);
});

test('where nothing can keep a key nothing is made, and each reason is told', async (t) => {
  const broken = standInHelper(t, 'pass');
  broken.setBroken('pass not initialized');
  const place = vaultPlace(t);
  const env = { PATH: broken.bin, HOME: place.data, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };
  const set = await openVault(place, env).set('a', 'x');
  assert.equal(codeOf(set), 'WHARF_VAULT_NO_KEEPER');
  assert.match(set.ok ? '' : (set.problem.detail ?? ''), /docker-credential-pass: pass not initialized\nthe OS keyring: ./);
  assert.ok(!existsSync(place.file));
});

test('a vault whose keeper fails is never opened or kept by another', async (t) => {
  const helper = standInHelper(t, 'pass');
  const place = vaultPlace(t);
  const env = { PATH: helper.bin };
  value(await openVault(place, env).init({ kind: 'helper', name: 'pass' }, null));
  value(await openVault(place, env).set('a', 'x'));
  helper.setBroken('gpg: decryption failed');
  const before = readFileSync(place.file);
  const vault = openVault(place, { ...env, ...place.env });
  for (const outcome of [await vault.get('a'), await vault.set('b', 'y'), await vault.rotate()]) {
    assert.equal(codeOf(outcome), 'WHARF_VAULT_KEEPER');
  }
  assert.deepEqual(readFileSync(place.file), before);
  assert.ok(!existsSync(place.keyFile));
});

test('a helper that is named in the vault is a plain name, and no path', async (t) => {
  const place = vaultPlace(t);
  assert.equal(codeOf(await openVault(place).init({ kind: 'helper', name: '../../evil' }, null)), 'WHARF_VAULT_KEEPER_UNUSABLE');
  value(await openVault(place).set('a', 'x'));
  tamper(place.file, (vault) => (vault['key'] = { keeper: 'helper', helper: '/../evil', account: 'a' }));
  assert.equal(codeOf(await openVault(place).get('a')), 'WHARF_VAULT_KEEPER');
});

test('a passphrase opens the vault for as long as was said, and a wrong one does not', async (t) => {
  const place = vaultPlace(t);
  const first = openVault(place, {});
  value(await first.init({ kind: 'passphrase', passphrase }, null));
  value(await first.set('a', 'x'));
  const vault = openVault(place, {});
  assert.equal(codeOf(await vault.get('a')), 'WHARF_VAULT_LOCKED');
  assert.equal(codeOf(await vault.unlock(`${passphrase}!`, null)), 'WHARF_VAULT_PASSPHRASE');
  assert.equal(codeOf(await vault.unlock('', null)), 'WHARF_VAULT_PASSPHRASE');
  assert.equal(value(await vault.unlock(passphrase, 60_000)).kind, 'open');
  assert.ok(vault.heldForMs > 0 && vault.heldForMs <= 60_000);
  assert.equal(await valueOf(vault, 'a'), 'x');
  value(await vault.unlock(passphrase, 1));
  await until(async () => value(await vault.status()).kind === 'locked', { what: 'the key to be forgotten' });
  assert.equal(codeOf(await vault.get('a')), 'WHARF_VAULT_LOCKED');
  assert.equal(vault.heldForMs, 0);
});

test('a vault that is rotated under a passphrase opens with the same one, and one that is given anew replaces it', async (t) => {
  const place = vaultPlace(t);
  const vault = openVault(place, {});
  value(await vault.init({ kind: 'passphrase', passphrase }, null));
  value(await vault.set('a', 'x'));
  const other = openVault(place, {});
  value(await other.unlock(passphrase, null));
  value(await vault.rotate());
  assert.equal(await valueOf(other, 'a'), 'x', 'who holds the key of this passphrase is not asked again');
  value(await vault.rotate({ kind: 'passphrase', passphrase: `${passphrase} two` }));
  assert.equal(codeOf(await other.get('a')), 'WHARF_VAULT_LOCKED');
  assert.equal(codeOf(await other.unlock(passphrase, null)), 'WHARF_VAULT_PASSPHRASE');
  value(await other.unlock(`${passphrase} two`, null));
  assert.equal(await valueOf(other, 'a'), 'x');
});

test('a passphrase is strong enough to be worth it, and its work is bounded', async (t) => {
  const place = vaultPlace(t);
  const vault = openVault(place, {});
  assert.equal(codeOf(await vault.init({ kind: 'passphrase', passphrase: 'short' }, null)), 'WHARF_VAULT_KEEPER_UNUSABLE');
  value(await vault.init({ kind: 'passphrase', passphrase }, null));
  const { key } = JSON.parse(readFileSync(place.file, 'utf8')) as { readonly key: { readonly n: number; readonly r: number } };
  assert.ok(key.n >= 2 ** 17 && key.r >= 8);
  tamper(place.file, (file) => (file['key'] = { ...key, n: 2 ** 30 }));
  assert.equal(codeOf(await openVault(place, {}).unlock(passphrase, null)), 'WHARF_VAULT_KEEPER');
});

test('a file with the passphrase opens the vault where nobody can be asked', async (t) => {
  const place = vaultPlace(t);
  const file = join(temporaryFolder(t), 'passphrase');
  writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
  const env = { WHARF_VAULT_PASSPHRASE_FILE: file };
  value(await openVault(place, env).set('a', 'x'));
  assert.equal(await valueOf(openVault(place, env), 'a'), 'x');
  const typed = openVault(place, {});
  value(await typed.unlock(passphrase, null));
  assert.equal(await valueOf(typed, 'a'), 'x');
});

test('what is locked by hand stays locked until it is unlocked by hand', async (t) => {
  const place = vaultPlace(t);
  const vault = openVault(place);
  value(await vault.set('a', 'x'));
  const locked = value(await vault.lock());
  assert.deepEqual(locked.kind === 'locked' && locked.opensItself, false);
  assert.equal(codeOf(await vault.get('a')), 'WHARF_VAULT_LOCKED');
  assert.equal(codeOf(await vault.set('a', 'y')), 'WHARF_VAULT_LOCKED');
  value(await vault.unlock('', null));
  assert.equal(await valueOf(vault, 'a'), 'x');
});

test('a key file that others can read, or that is too short, is not used', onPosix, async (t) => {
  const place = vaultPlace(t);
  writeFileSync(place.keyFile, `${'k'.repeat(44)}\n`, { mode: 0o644 });
  const refused = await openVault(place).set('a', 'x');
  assert.equal(codeOf(refused), 'WHARF_VAULT_KEEPER_UNUSABLE');
  assert.match(refused.ok ? '' : refused.problem.message, /others may read .*chmod 600/);
  chmodSync(place.keyFile, 0o600);
  value(await openVault(place).set('a', 'x'));
  chmodSync(place.keyFile, 0o640);
  assert.equal(codeOf(await openVault(place).get('a')), 'WHARF_VAULT_KEEPER');
  const short = vaultPlace(t);
  writeFileSync(short.keyFile, 'short', { mode: 0o600 });
  assert.equal(codeOf(await openVault(short).set('a', 'x')), 'WHARF_VAULT_KEEPER_UNUSABLE');
  assert.equal(readFileSync(short.keyFile, 'utf8'), 'short');
});

test('a key file that moved is found where the variable says', async (t) => {
  const place = vaultPlace(t);
  value(await openVault(place).set('a', 'x'));
  const moved = join(temporaryFolder(t), 'moved');
  writeFileSync(moved, readFileSync(place.keyFile), { mode: 0o600 });
  rmSync(place.keyFile);
  assert.equal(codeOf(await openVault(place, {}).get('a')), 'WHARF_VAULT_KEEPER');
  assert.equal(await valueOf(openVault(place, { WHARF_VAULT_KEY_FILE: moved }), 'a'), 'x');
});

test('a second vault is not made over the first', async (t) => {
  const place = vaultPlace(t);
  value(await openVault(place).set('a', 'x'));
  assert.equal(codeOf(await openVault(place).init({ kind: 'passphrase', passphrase }, null)), 'WHARF_VAULT_EXISTS');
  assert.equal(await valueOf(openVault(place), 'a'), 'x');
});
