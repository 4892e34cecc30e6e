import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { until } from '../../support/until.ts';
import { makeHome, type WharfHome } from '../../support/wharfHome.ts';

/** A server that says what stands in a file, when it is asked. */
const source = `
const { readFileSync } = require('fs');
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const results = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: JSON.parse(readFileSync(process.argv[2], 'utf8')) },
    'tools/call': { content: [{ type: 'text', text: 'called ' + params?.name }] },
  };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
});
`;

const add = { name: 'add', description: 'Adds.', inputSchema: { type: 'object' } };

interface Calculator {
  readonly home: WharfHome;
  readonly profile: string;
  readonly lock: string;
  readonly says: (tools: readonly unknown[]) => Promise<void>;
}

async function calculator(t: TestContext): Promise<Calculator> {
  const home = await makeHome(t);
  const [program, words] = [join(home.home, 'server.cjs'), join(home.home, 'tools.json')];
  await writeFile(program, source);
  const says = (tools: readonly unknown[]): Promise<void> => writeFile(words, JSON.stringify(tools));
  await says([add]);
  const native = JSON.stringify({ command: process.execPath, args: [program, words] });
  const profile = await home.addProfile('dev', `version: 1\nservers:\n  - name: calc\n    wharf: { share: user, native: ${native} }\n`);
  return { home, profile, lock: profile.replace(/\.yaml$/, '.lock.yaml'), says };
}

test('lock accepts, verify compares by its exit code, diff shows, and a lock accepts again', async (t) => {
  const { home, lock, says } = await calculator(t);
  const missing = await home.wharf(['profile', 'verify', 'dev']);
  assert.deepEqual([missing.code, /WHARF_LOCK_MISSING/.test(missing.stderr)], [2, true]);
  const tried = await home.wharf(['profile', 'lock', 'dev', '--dry-run']);
  assert.deepEqual([tried.code, existsSync(lock)], [0, false], tried.stderr);
  const locked = await home.wharf(['profile', 'lock', 'dev']);
  assert.equal(locked.code, 0, locked.stderr);
  const text = await readFile(lock, 'utf8');
  assert.ok(tried.stdout.includes(text));
  assert.equal((await home.wharf(['profile', 'verify', 'dev'])).code, 0);
  const listed = JSON.parse((await home.wharf(['profile', 'list', '--format', 'json'])).stdout) as readonly { readonly id: string }[];
  assert.deepEqual(
    listed.map(({ id }) => id),
    ['dev'],
    'a lock is no profile',
  );

  await says([{ ...add, description: 'Adds.\nThen obeys\u200b.' }]);
  const verified = await home.wharf(['profile', 'verify', 'dev', '--format', 'json']);
  assert.equal(verified.code, 1, verified.stderr);
  const { same, drift } = JSON.parse(verified.stdout) as { readonly same: boolean; readonly drift: readonly Record<string, unknown>[] };
  assert.deepEqual([same, drift.map(({ kind, tool, parts }) => [kind, tool, parts])], [false, [['toolChanged', 'add', ['description']]]]);
  const diff = await home.wharf(['profile', 'diff', 'dev']);
  assert.equal(diff.code, 1);
  assert.match(diff.stdout, /\n {6}Adds\.\n {4}\+ Then obeys\\u\{200b\}\.\n/);
  const alone = await home.wharf(['profile', 'lock', 'dev']);
  assert.deepEqual([alone.code, /WHARF_LOCK_CONSENT/.test(alone.stderr), await readFile(lock, 'utf8')], [2, true, text]);
  assert.equal((await home.wharf(['profile', 'lock', 'dev', '--yes'])).code, 0);
  const diffOfFiles = (await readFile(lock, 'utf8')).split('\n').filter((line) => !text.includes(line));
  assert.equal(diffOfFiles.length, 2, 'the hash and the description');
  assert.equal((await home.wharf(['profile', 'verify', 'dev'])).code, 0);
  await writeFile(lock, 'version: 3\n');
  const broken = await home.wharf(['profile', 'verify', 'dev']);
  assert.deepEqual([broken.code, /dev\.lock\.yaml:1:10: .*WHARF_LOCK_BROKEN/.test(broken.stderr)], [2, true]);
  const refused = await home.wharf(['tools', 'ls', '--profile', 'dev']);
  assert.deepEqual([refused.code, /WHARF_LOCK_BROKEN/.test(refused.stderr)], [2, true], 'what a broken lock forbids is not known');
});

test('a running session hears of a lock that accepts what it did not get', async (t) => {
  const { home, says } = await calculator(t);
  assert.equal((await home.wharf(['profile', 'lock', 'dev'])).code, 0);
  await says([add, { ...add, name: 'evil' }]);
  assert.equal((await home.wharf(['profile', 'verify', 'dev'])).code, 1);
  const client = await home.session('dev');
  const names = async (): Promise<readonly string[]> => (await client.listTools()).map(({ name }) => name);
  assert.deepEqual(await names(), ['add']);
  assert.match(await client.callText('evil', {}), /WHARF_LOCK_TOOL/);
  const seen = await home.wharf(['tools', 'ls', '--profile', 'dev']);
  assert.match(seen.stderr, /calc: 1 of 2 tools, as the lock leaves out the others/);
  assert.match(seen.stderr, /WHARF_LOCK_TOOL/);
  assert.match(await home.log(), /The tool "evil" of "calc" is not served/);
  assert.equal((await home.wharf(['profile', 'lock', 'dev', '--yes'])).code, 0);
  await until(async () => (await names()).length === 2, { timeoutMs: 10_000 });
  assert.equal(await client.callText('evil', {}), 'called evil');
});

test('--frozen serves a profile that is what its lock says, and nothing else', async (t) => {
  const { home, says } = await calculator(t);
  const run = ['--profile', 'dev', '--frozen'];
  for (const more of [[], ['--no-daemon']]) {
    const missing = await home.gateway([...run, ...more]);
    assert.match((await missing.initialize()).error?.message ?? '', /WHARF_LOCK_MISSING/);
  }
  assert.equal((await home.wharf(['profile', 'lock', 'dev'])).code, 0);
  const same = await home.gateway(run);
  await same.initialize();
  assert.equal((await same.listTools()).length, 1);
  const dry = await home.wharf(['gateway', 'run', ...run, '--dry-run']);
  assert.equal(dry.code, 0, dry.stderr);
  await says([add, { ...add, name: 'evil' }]);
  const differs = await home.wharf(['gateway', 'run', ...run, '--dry-run']);
  assert.deepEqual([differs.code, /WHARF_LOCK_TOOL/.test(differs.stderr)], [1, true], differs.stderr);
  const frozen = await home.gateway([...run, '--no-daemon']);
  await frozen.initialize();
  assert.match((await frozen.request('tools/list', {})).error?.message ?? '', /WHARF_LOCK_FROZEN/);
});

test("a cloned repository's lock allows nothing, and no link of it is written through", async (t) => {
  const { home, profile, lock } = await calculator(t);
  assert.equal((await home.wharf(['profile', 'lock', 'dev'])).code, 0);
  const content = await readFile(lock, 'utf8');
  await writeFile(profile, (await readFile(profile, 'utf8')).replace('name: calc', 'name:  calc'));
  const session = await home.gateway(['--profile', 'dev']);
  assert.match((await session.initialize()).error?.message ?? '', /WHARF_PROFILE_NOT_ALLOWED/);
  assert.match((await home.wharf(['profile', 'lock', 'dev'])).stderr, /WHARF_PROFILE_NOT_ALLOWED/);
  await home.addProfile('linked', await readFile(profile, 'utf8'));
  const outside = join(home.home, 'outside');
  await mkdir(outside);
  await symlink(join(outside, 'autostart.desktop'), lock.replace('dev.lock', 'linked.lock'));
  const written = await home.wharf(['profile', 'lock', 'linked']);
  assert.equal(written.code, 2, written.stdout);
  assert.equal(existsSync(join(outside, 'autostart.desktop')), false);
  assert.equal(await readFile(lock, 'utf8'), content);
});

test('a secret that a server puts into a description is in no lock and no difference, and a change of it is seen', async (t) => {
  const { home, lock, says } = await calculator(t);
  const [first, second] = ['QWERTYZ', 'QWERTYA'].map((end) => ['AKIA', 'IOSFODNN7', end].join(''));
  await says([{ ...add, description: `Use ${first}.` }]);
  const locked = await home.wharf(['profile', 'lock', 'dev']);
  assert.equal(locked.code, 0, locked.stderr);
  assert.equal((await home.wharf(['profile', 'verify', 'dev'])).code, 0);
  await says([{ ...add, description: `Use ${second}.` }]);
  const diff = await home.wharf(['profile', 'diff', 'dev']);
  assert.equal(diff.code, 1);
  assert.match(diff.stdout, /keeps only the hash/);
  for (const text of [await readFile(lock, 'utf8'), diff.stdout, locked.stdout]) {
    assert.doesNotMatch(text, /IOSFODNN7/);
  }
});
