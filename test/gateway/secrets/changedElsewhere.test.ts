import assert from 'node:assert/strict';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { HttpClient, startHttpGateway } from '../../support/httpGateway.ts';
import { until } from '../../support/until.ts';
import { makeHome } from '../../support/wharfHome.ts';

/** Says how long each of its secrets is: a value would not come through the scan. */
const source = `
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  if (id === undefined) return;
  const { VAULT = '', FILE = '', GIVEN = '' } = process.env;
  const results = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'lengths', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: [VAULT, FILE, GIVEN].map((value) => 'n' + value.length).join(' ') }] },
  };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
});
`;

test('what other programs change in the vault, in a file of a secret and in that of --secrets reaches a server that runs', async (t) => {
  const home = await makeHome(t);
  const program = join(home.home, 'server.cjs');
  await writeFile(program, source);
  const outside = join(home.home, 'values');
  await mkdir(outside);
  const [file, given] = [join(outside, 'token'), join(outside, 'given.env')];
  await writeFile(file, 'x'.repeat(20), { mode: 0o600 });
  await writeFile(given, `GIVEN=${'x'.repeat(20)}\n`, { mode: 0o600 });
  assert.equal((await home.wharf(['secret', 'init', '--key-file', join(home.home, 'key')])).code, 0);
  assert.equal((await home.wharf(['secret', 'set', 'kept'], {}, 'x'.repeat(20))).code, 0);
  const env = { VAULT: 'secret://kept', FILE: `file://${file}`, GIVEN: 'secret://given' };
  const native = JSON.stringify({ command: process.execPath, args: [program], env });
  for (const share of ['user', 'session']) {
    await home.writeProfile(share, `version: 1\nservers:\n  - { name: keyed, wharf: { share: ${share}, native: ${native} } }\n`, 'user');
  }
  const alone = await home.gateway(['--profile', 'session', '--no-daemon', '--secrets', given]);
  await alone.initialize();
  const http = new HttpClient(await startHttpGateway(t, home, ['user'], ['--secrets', given]));
  await http.initialize();
  const says = async (lengths: string): Promise<void> => {
    const texts = [await alone.callText('lengths'), await http.request('tools/call', { name: 'lengths', arguments: {} })];
    assert.ok(texts.every((text) => text !== ''));
    await until(async () => (await alone.request('tools/call', { name: 'lengths', arguments: {} }).then((reply) => JSON.stringify(reply))).includes(lengths));
    await until(async () => (await http.request('tools/call', { name: 'lengths', arguments: {} })).includes(lengths));
  };
  await says('n20 n20 n20');
  assert.equal((await home.wharf(['secret', 'set', 'kept'], {}, 'x'.repeat(21))).code, 0);
  await says('n21 n20 n20');
  await writeFile(`${file}.new`, 'x'.repeat(22), { mode: 0o600 });
  await rename(`${file}.new`, file);
  await says('n21 n22 n20');
  await writeFile(given, `GIVEN=${'x'.repeat(23)}\n`);
  await says('n21 n22 n23');
});
