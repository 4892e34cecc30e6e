import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { until } from '../../support/until.ts';
import { temporaryFolder } from '../node/folders.ts';
import { codeOf, madeUpSecret, openVault, standInHelper, tamper, value, valueOf, vaultPlace } from './vaults.ts';

const writer = join(import.meta.dirname, 'writeSecrets.ts');

test('a secret comes back in another process, and its file tells nothing of it', async (t) => {
  const place = vaultPlace(t);
  const secret = madeUpSecret();
  assert.deepEqual(value(await openVault(place).set('github.token', secret)), { replaced: false });
  assert.equal(await valueOf(openVault(place), 'github.token'), secret);
  const text = readFileSync(place.file, 'utf8');
  for (const encoding of ['utf8', 'base64', 'hex'] as const) {
    assert.ok(!text.includes(Buffer.from(secret).toString(encoding).replace(/=+$/, '')), encoding);
  }
  if (process.platform !== 'win32') {
    assert.deepEqual(
      [place.file, place.keyFile].map((path) => statSync(path).mode & 0o777),
      [0o600, 0o600],
    );
  }
  assert.deepEqual(readdirSync(place.data), ['vault.json'], 'no lock, draft or backup is left');
});

test('the version of a secret changes with each value and not with a new key', async (t) => {
  const vault = openVault(vaultPlace(t));
  const versions: (string | undefined)[] = [];
  for (const secret of ['one', 'one', 'two']) {
    value(await vault.set('a', secret));
    versions.push(value(await vault.get('a'))?.version);
  }
  assert.equal(new Set(versions).size, 3);
  value(await vault.rotate());
  assert.equal(value(await vault.get('a'))?.version, versions[2]);
});

test('names and removal need no key, values do', async (t) => {
  const place = vaultPlace(t);
  value(await openVault(place).set('a', 'x'));
  value(await openVault(place).set('b', 'y'));
  rmSync(place.keyFile);
  const vault = openVault(place, {});
  assert.deepEqual(
    value(await vault.list()).map(({ name }) => name),
    ['a', 'b'],
  );
  assert.equal(codeOf(await vault.get('a')), 'WHARF_VAULT_KEEPER');
  assert.deepEqual(value(await vault.remove(['b', 'b', 'nope'])), ['b']);
  assert.equal(value(await vault.get('b')), null);
});

test('an entry that was changed, swapped or renamed is not given, and the others still are', async (t) => {
  const place = vaultPlace(t);
  const changes: Readonly<Record<string, (entries: Record<string, Record<string, unknown>>) => void>> = {
    swapped: (entries) => ([entries['a'], entries['b']] = [entries['b'] ?? {}, entries['a'] ?? {}]),
    renamed: (entries) => (entries['a'] = { ...entries['b'] }),
    'older version': (entries) => (entries['a'] = { ...entries['a'], version: 'AAAAAAAAAAAAAAAA' }),
    'other time': (entries) => (entries['a'] = { ...entries['a'], changedAt: '2020-01-01T00:00:00.000Z' }),
    'other nonce': (entries) => (entries['a'] = { ...entries['a'], nonce: 'AAAAAAAAAAAAAAAA' }),
    'no nonce': (entries) => (entries['a'] = { ...entries['a'], nonce: '' }),
    'cut off': (entries) => (entries['a'] = { ...entries['a'], data: String(entries['a']?.['data']).slice(0, -4) }),
    'shorter than its tag': (entries) => (entries['a'] = { ...entries['a'], data: 'AAAA' }),
    'no base64': (entries) => (entries['a'] = { ...entries['a'], data: '!!!' }),
  };
  for (const [what, change] of Object.entries(changes)) {
    rmSync(place.file, { force: true });
    for (const name of ['a', 'b', 'c']) {
      value(await openVault(place).set(name, `value of ${name}`));
    }
    tamper(place.file, ({ secrets }) => change(secrets));
    const vault = openVault(place);
    assert.equal(codeOf(await vault.get('a')), 'WHARF_VAULT_DAMAGED', what);
    assert.equal(await valueOf(vault, 'c'), 'value of c', what);
    const before = readFileSync(place.file);
    assert.equal(codeOf(await vault.rotate()), 'WHARF_VAULT_DAMAGED', what);
    assert.deepEqual(readFileSync(place.file), before, 'a rotation would lose it');
  }
});

test('a file that is not understood to its end is left as it is', async (t) => {
  const place = vaultPlace(t);
  value(await openVault(place).set('a', 'x'));
  const good = readFileSync(place.file, 'utf8');
  const bad: Readonly<Record<string, readonly [string, string]>> = {
    empty: ['', 'WHARF_VAULT_DAMAGED'],
    'cut off': [good.slice(0, good.length / 2), 'WHARF_VAULT_DAMAGED'],
    'a list': ['[]', 'WHARF_VAULT_DAMAGED'],
    newer: [good.replace('"wharfVault": 1', '"wharfVault": 2'), 'WHARF_VAULT_NEWER'],
    older: [good.replace('"wharfVault": 1', '"wharfVault": 0'), 'WHARF_VAULT_DAMAGED'],
    'another keeper': [good.replace('"keyFile"', '"cloud"'), 'WHARF_VAULT_DAMAGED'],
    'entries of another form': [good.replace(/"secrets": \{[^]*\}\n\}/, '"secrets": []\n}'), 'WHARF_VAULT_DAMAGED'],
  };
  for (const [what, [text, code]] of Object.entries(bad)) {
    writeFileSync(place.file, text);
    const vault = openVault(place);
    const outcomes = [await vault.get('a'), await vault.set('b', 'y'), await vault.remove(['a']), await vault.rotate(), await vault.list()];
    assert.deepEqual(
      outcomes.map(codeOf),
      outcomes.map(() => code),
      what,
    );
    assert.equal(codeOf(await vault.init({ kind: 'automatic' }, null)), code, what);
    assert.equal(readFileSync(place.file, 'utf8'), text, what);
  }
});

test('an entry of another form is listed as damaged and kept as it stands, until it is removed or set anew', async (t) => {
  const place = vaultPlace(t);
  const forms: Readonly<Record<string, unknown>> = { a: 'a text', b: null, c: { nonce: 'x', data: 7 } };
  value(await openVault(place).set('good', 'x'));
  tamper(place.file, ({ secrets }) => Object.assign(secrets, forms));
  const vault = openVault(place);
  const listed = async (): Promise<unknown> =>
    value(await vault.list())
      .map(({ name, changedAt }) => (changedAt === null ? `${name} damaged` : name))
      .toSorted();
  assert.deepEqual(await listed(), ['a damaged', 'b damaged', 'c damaged', 'good']);
  const damaged = await vault.get('a');
  assert.equal(codeOf(damaged), 'WHARF_VAULT_DAMAGED');
  assert.match(damaged.ok ? '' : damaged.problem.next, /"wharf secret rm a" and set it again/);
  assert.equal(codeOf(await vault.rotate()), 'WHARF_VAULT_DAMAGED', 'it would be lost');
  assert.deepEqual(value(await vault.set('more', 'y')), { replaced: false });
  const { secrets } = JSON.parse(readFileSync(place.file, 'utf8')) as { readonly secrets: Readonly<Record<string, unknown>> };
  assert.deepEqual({ a: secrets['a'], b: secrets['b'], c: secrets['c'] }, forms);
  assert.deepEqual(value(await vault.remove(['a', 'b'])), ['a', 'b']);
  assert.deepEqual(value(await vault.set('c', 'new')), { replaced: true });
  assert.deepEqual(await listed(), ['c', 'good', 'more']);
  assert.equal(value(await openVault(place).rotate()), 3);
  assert.equal(await valueOf(openVault(place), 'c'), 'new');
});

test('a wrong key opens nothing and replaces nothing', async (t) => {
  const place = vaultPlace(t);
  value(await openVault(place).set('a', 'x'));
  writeFileSync(place.keyFile, `${'k'.repeat(44)}\n`, { mode: 0o600 });
  const before = readFileSync(place.file);
  const vault = openVault(place);
  assert.equal(codeOf(await vault.get('a')), 'WHARF_VAULT_KEEPER');
  assert.equal(codeOf(await vault.set('a', 'y')), 'WHARF_VAULT_KEEPER');
  assert.equal(codeOf(await vault.rotate()), 'WHARF_VAULT_KEEPER');
  assert.deepEqual(readFileSync(place.file), before);
});

test('whether a vault could be made is found out without making one', async (t) => {
  const helper = standInHelper(t, 'secretservice');
  const place = vaultPlace(t);
  const vault = openVault(place, { PATH: helper.bin, HOME: place.data });
  value(await vault.probe());
  assert.deepEqual([readdirSync(place.data), readdirSync(helper.store)], [[], []]);
  helper.setBroken('the keychain is locked');
  const probed = await vault.probe();
  assert.equal(codeOf(probed), 'WHARF_VAULT_NO_KEEPER');
  assert.match(probed.ok ? '' : (probed.problem.detail ?? ''), /the keychain is locked/);
});

test('two processes that make a vault and write to it at once lose nothing', async (t) => {
  const place = vaultPlace(t);
  const run = promisify(execFile);
  const env = { ...process.env, ...place.env };
  await Promise.all(['left', 'right'].map((name) => run(process.execPath, [writer, place.data, name, '20'], { env })));
  const vault = openVault(place);
  assert.equal(value(await vault.list()).length, 40);
  for (const name of ['left', 'right']) {
    for (let number = 1; number <= 20; number += 1) {
      assert.equal(await valueOf(vault, `${name}-${number}`), `${name} ${number}`);
    }
  }
});

test('whoever makes the vault second takes no key with it into its keeper', async (t) => {
  const helper = standInHelper(t, 'secretservice');
  const place = vaultPlace(t);
  const env = { PATH: `${helper.bin}:${process.env['PATH'] ?? ''}`, HOME: place.data };
  await Promise.all(['left', 'right'].map((name) => promisify(execFile)(process.execPath, [writer, place.data, name, '3'], { env })));
  assert.equal(value(await openVault(place, { PATH: helper.bin }).list()).length, 6);
  assert.equal(readdirSync(helper.store).length, 1);
});

test('a process that is killed while it rotates leaves a vault that opens', async (t) => {
  const helper = standInHelper(t, 'pass');
  const place = vaultPlace(t);
  const env = { PATH: `${helper.bin}:${process.env['PATH'] ?? ''}`, HOME: place.data };
  const secret = madeUpSecret();
  value(await openVault(place, env).init({ kind: 'helper', name: 'pass' }, null));
  value(await openVault(place, env).set('a', secret));
  for (let kill = 1; kill <= 4; kill += 1) {
    const child = spawn(process.execPath, [writer, place.data, 'rotate'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    let lines = 0;
    createInterface({ input: child.stdout }).on('line', (line) => {
      assert.equal(line, 'rotated');
      lines += 1;
    });
    // Somewhere in the middle of the next one.
    await until(() => lines >= kill, { everyMs: 7 * kill, what: 'a rotation' });
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.equal(await valueOf(openVault(place, env), 'a'), secret);
  }
  value(await openVault(place, env).rotate());
  assert.equal(await valueOf(openVault(place, env), 'a'), secret);
});

test('a new key takes the place of the old one, in the file and at its keeper', async (t) => {
  const helper = standInHelper(t, 'pass');
  const place = vaultPlace(t);
  const env = { PATH: helper.bin };
  const vault = openVault(place, env);
  value(await vault.init({ kind: 'helper', name: 'pass' }, null));
  for (const name of ['a', 'b']) {
    value(await vault.set(name, name));
  }
  const [before, [account]] = [readFileSync(place.file, 'utf8'), readdirSync(helper.store)];
  assert.equal(value(await vault.rotate()), 2);
  assert.equal(readdirSync(helper.store).length, 1);
  assert.notEqual(readdirSync(helper.store)[0], account);
  const read = (text: string): readonly string[] => [...text.matchAll(/"data": "([^"]+)"/g)].map(([, data = '']) => data);
  assert.deepEqual(
    read(before).filter((data) => read(readFileSync(place.file, 'utf8')).includes(data)),
    [],
  );
  assert.equal(await valueOf(openVault(place, env), 'b'), 'b');
  // Another process, which still holds the old key, gets the new one by itself.
  const other = openVault(place, env);
  assert.equal(await valueOf(other, 'a'), 'a');
  value(await vault.rotate());
  assert.equal(await valueOf(other, 'a'), 'a');
});

test('an old key that its keeper does not let go is taken away by the next rotation', async (t) => {
  const helper = standInHelper(t, 'pass');
  const place = vaultPlace(t);
  const vault = openVault(place, { ...place.env, PATH: helper.bin });
  value(await vault.init({ kind: 'helper', name: 'pass' }, null));
  value(await vault.set('a', 'x'));
  // Locked from now on: the key of the vault is held already.
  helper.setBroken('the keychain is locked');
  value(await vault.rotate({ kind: 'keyFile', path: place.keyFile }));
  assert.match(readFileSync(place.file, 'utf8'), /"retired": \[\s*\{\s*"keeper": "helper"/);
  assert.equal(readdirSync(helper.store).length, 1);
  rmSync(join(helper.bin, '..', 'broken'));
  value(await vault.rotate());
  assert.match(readFileSync(place.file, 'utf8'), /"retired": \[\]/);
  assert.equal(readdirSync(helper.store).length, 0);
  assert.equal(await valueOf(openVault(place), 'a'), 'x');
});

test('a full disk leaves the vault as it was', async (t) => {
  const place = vaultPlace(t);
  const disk = join(temporaryFolder(t), 'disk');
  mkdirSync(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', disk]).status !== 0) {
    t.skip('only root can mount a small disk');
    return;
  }
  try {
    const small = { ...place, data: disk, file: join(disk, 'vault.json') };
    const vault = openVault(small);
    value(await vault.set('a', 'x'));
    const [before, long] = [readFileSync(small.file), 'v'.repeat(60_000)];
    assert.equal(codeOf(await vault.set('b', long)), 'WHARF_FILE_UNWRITABLE');
    assert.deepEqual(readFileSync(small.file), before);
    assert.deepEqual(readdirSync(disk), ['vault.json'], 'nothing half is left');
    value(await vault.set('b', 'short'));
    assert.equal(await valueOf(openVault(small), 'a'), 'x');
  } finally {
    spawnSync('umount', [disk]);
  }
});

test('a vault that was cut to nothing by something else is not made anew over it', async (t) => {
  const place = vaultPlace(t);
  value(await openVault(place).set('a', 'x'));
  truncateSync(place.file);
  assert.equal(codeOf(await openVault(place).set('b', 'y')), 'WHARF_VAULT_DAMAGED');
  assert.equal(statSync(place.file).size, 0);
});

test('names that mean something to JavaScript are names as any other', async (t) => {
  const place = vaultPlace(t);
  for (const name of ['__proto__', 'constructor', 'toString']) {
    value(await openVault(place).set(name, `value of ${name}`));
  }
  assert.equal(await valueOf(openVault(place), '__proto__'), 'value of __proto__');
  assert.equal(value(await openVault(place).list()).length, 3);
  assert.equal(value(await openVault(place).get('hasOwnProperty')), null);
});
