import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import type { SecretSource } from '../../../src/core/ports.ts';
import { filesOf, haveChanged } from '../../../src/gateway/instances/secretValues.ts';
import { SecretFiles } from '../../../src/gateway/secrets/secretFiles.ts';
import { ok } from '../../../src/shared/result.ts';
import { HttpClient, startHttpGateway } from '../../support/httpGateway.ts';
import { until } from '../../support/until.ts';
import { makeHome } from '../../support/wharfHome.ts';

/** Says how long each of its secrets is: a value would not come through the scan. */
const source = `
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const { VAULT = '', GIVEN = '' } = process.env;
  const results = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'lengths', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: [VAULT, GIVEN].map((value) => 'n' + value.length).join(' ') }] },
  };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
});
`;

test('what other programs change in the vault and in the file of --secrets reaches a server that runs', async (t) => {
  const home = await makeHome(t);
  const program = join(home.home, 'server.cjs');
  await writeFile(program, source);
  const given = join(home.home, 'given.env');
  await writeFile(given, `GIVEN=${'x'.repeat(20)}\n`, { mode: 0o600 });
  assert.equal((await home.wharf(['secret', 'init', '--key-file', join(home.home, 'key')])).code, 0);
  assert.equal((await home.wharf(['secret', 'set', 'kept'], {}, 'x'.repeat(20))).code, 0);
  const env = { VAULT: 'secret://kept', GIVEN: 'secret://given' };
  const native = JSON.stringify({ command: process.execPath, args: [program], env });
  for (const share of ['user', 'session']) {
    await home.writeProfile(share, `version: 1\nservers:\n  - { name: keyed, wharf: { share: ${share}, native: ${native} } }\n`, 'user');
  }
  const alone = await home.gateway(['--profile', 'session', '--no-daemon', '--secrets', given]);
  await alone.initialize();
  const http = new HttpClient(await startHttpGateway(t, home, ['user'], ['--secrets', given]));
  await http.initialize();
  const call = { name: 'lengths', arguments: {} };
  const says = (lengths: string): Promise<unknown> =>
    until(async () => {
      const texts = [await alone.callText(call.name), await http.request('tools/call', call)];
      return texts.every((text) => text.includes(lengths));
    });
  await says('n20 n20');
  assert.equal((await home.wharf(['secret', 'set', 'kept'], {}, 'x'.repeat(21))).code, 0);
  await says('n21 n20');
  await writeFile(`${given}.new`, `GIVEN=${'x'.repeat(22)}\n`, { mode: 0o600 });
  await rename(`${given}.new`, given);
  await says('n21 n22');
});

test('a file that is a secret is watched as long as a server has it, and only what changed starts servers anew', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-secret-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  await writeFile(one, 'a');
  await writeFile(two, 'a');
  const used = [...filesOf([{ env: 'ONE', reference: `file://${one}`, as: 'env' }])];
  let changes = 0;
  const files = new SecretFiles(
    () => used,
    () => Promise.resolve(void (changes += 1)),
  );
  t.after(() => files.stop());
  files.start();
  await until(async () => {
    await writeFile(one, 'b'.repeat(changes + 2));
    return changes > 0;
  });
  const versions: Readonly<Record<string, string>> = { 'file:///one': '1', 'secret://two': '2' };
  const source: SecretSource = {
    resolve: () => Promise.reject(new Error('nobody wants a value')),
    versionOf: (reference) => Promise.resolve(ok(versions[reference] ?? 'asked')),
  };
  const uses = ['file:///one', 'op://vault/item/field', 'secret://two'].map((reference) => ({ env: 'X', reference, as: 'env' as const }));
  assert.equal(await haveChanged(uses, source, '1 whatever 2'), false, 'op is not asked');
  assert.equal(await haveChanged(uses, source, '1 whatever 3'), true);
});
