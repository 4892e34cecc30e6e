import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

import { isHiddenName, isUserSecretName } from '../../../src/node/vault/names.ts';
import { VaultTokens } from '../../../src/node/vault/vaultTokens.ts';
import { codeOf, openVault, tamper, value, vaultPlace } from './vaults.ts';

test('tokens are kept under any key, come back under it, and the file names none', async (t) => {
  const place = vaultPlace(t);
  const tokens = new VaultTokens(openVault(place));
  const keys = ['https://mcp.example.com/mcp?a=b#c', 'ü'.repeat(500), '', '../../x'];
  for (const key of keys) {
    assert.equal(value(await tokens.get(key)), null);
    value(await tokens.set(key, `token of ${key}`));
  }
  const again = new VaultTokens(openVault(place));
  assert.deepEqual([...value(await again.keys())].sort(), [...keys].sort());
  for (const key of keys) {
    assert.equal(value(await again.get(key)), `token of ${key}`);
  }
  assert.doesNotMatch(readFileSync(place.file, 'utf8'), /example/);
  assert.equal(value(await again.remove('../../x')), true);
  assert.equal(value(await again.remove('../../x')), false);
  assert.equal(value(await again.keys()).length, 3);
});

test('their names are valid, and no name of a user', async (t) => {
  const vault = openVault(vaultPlace(t));
  value(await new VaultTokens(vault).set('key', 'token'));
  const [entry] = value(await vault.list());
  assert.ok(entry !== undefined && isHiddenName(entry.name) && !isUserSecretName(entry.name));
});

test('a login whose entry was damaged is gone, the others are not, and a new login takes its place', async (t) => {
  const place = vaultPlace(t);
  const vault = openVault(place);
  const tokens = new VaultTokens(vault);
  value(await tokens.set('damaged', 'token'));
  const [first] = value(await vault.list());
  value(await tokens.set('other', 'token'));
  for (const damage of [{ nonce: 'AAAAAAAAAAAAAAAA' }, { version: 7 }]) {
    tamper(place.file, ({ secrets }) => Object.assign(secrets[first?.name ?? ''] ?? {}, damage));
    assert.deepEqual(value(await tokens.keys()), ['other']);
    assert.deepEqual([value(await tokens.get('damaged')), value(await tokens.get('other'))], [null, 'token']);
    const rotated = await vault.rotate();
    assert.match(
      rotated.ok ? '' : rotated.problem.next,
      /"wharf secret rm oauth\/[0-9a-f]{64}" and log in again with "wharf oauth authorize"/,
    );
    value(await tokens.set('damaged', 'new'));
    assert.equal(value(await tokens.get('damaged')), 'new');
  }
  writeFileSync(place.file, '{}');
  assert.equal(codeOf(await tokens.get('damaged')), 'WHARF_VAULT_DAMAGED', 'of a vault that is damaged as a whole nothing is known');
});

test('a locked vault tells so, and says not that there is no login', async (t) => {
  const vault = openVault(vaultPlace(t));
  const tokens = new VaultTokens(vault);
  value(await tokens.set('key', 'token'));
  value(await vault.lock());
  assert.equal(codeOf(await tokens.get('key')), 'WHARF_VAULT_LOCKED');
  assert.equal(codeOf(await tokens.keys()), 'WHARF_VAULT_LOCKED');
});
