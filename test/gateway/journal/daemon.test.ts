import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import type { CallDetail, CallSummary } from '../../../src/shared/calls.ts';
import { HttpClient, startHttpGateway } from '../../support/httpGateway.ts';
import { token } from '../../support/secretCalls.ts';
import { journalOf, journalRows } from '../../support/storedJournal.ts';
import { addTellingServer } from '../../support/tellingServer.ts';
import { until } from '../../support/until.ts';
import { demoProfile, isRunning, makeHome, type WharfHome } from '../../support/wharfHome.ts';

async function listed(home: WharfHome, limit = 100): Promise<readonly CallSummary[]> {
  const ended = await home.wharf(['calls', 'ls', '--limit', String(limit), '--format', 'json']);
  assert.equal(ended.code, 0, ended.stderr);
  return (JSON.parse(ended.stdout) as { readonly calls: readonly CallSummary[] }).calls;
}

async function shown(home: WharfHome, id: string): Promise<CallDetail> {
  const ended = await home.wharf(['calls', 'show', id]);
  assert.equal(ended.code, 0, ended.stderr);
  return JSON.parse(ended.stdout) as CallDetail;
}

function filesOfJournal(home: WharfHome): readonly string[] {
  const folder = dirname(journalOf(home));
  return readdirSync(folder).map((name) => join(folder, name));
}

test('calls and what was found in them are there after the daemon stopped and another one began', async (t) => {
  const home = await makeHome(t);
  const { secret } = await addTellingServer(home, 'redact');
  const client = await home.session('dev');
  await client.callTool('tell', { a: 1 });
  const before = (await listed(home)).at(-1);
  assert.equal(before?.findings, 1);
  const { pid } = await home.status();
  await until(async () => (await home.log()).includes('in a notification'), { what: 'the finding outside of calls' });
  await client.callTool('tell', { last: true });
  assert.equal((await home.wharf(['daemon', 'stop'])).code, 0);
  await until(() => !isRunning(pid), { what: 'the daemon to end' });

  const calls = await listed(home);
  assert.deepEqual(calls[0], before);
  assert.equal(calls.length, 2, 'the last moment too');
  const [first, last] = await Promise.all(calls.map(({ id }) => shown(home, id)));
  assert.deepEqual(first?.arguments, { a: 1 });
  assert.match(JSON.stringify(first.result), /Told \[wharf:secret api_key\]/);
  assert.deepEqual(
    first.found.map(({ rule, where, pointer, action, secret }) => ({ rule, where, pointer, action, secret })),
    [{ rule: 'injected-secret', where: 'result', pointer: '/content/0/text', action: 'redacted', secret: 'api_key' }],
  );
  assert.deepEqual(last?.arguments, { last: true });
  assert.notEqual((await home.status()).pid, pid);
  const events = journalRows(home, 'SELECT * FROM server_events ORDER BY seq').filter(({ server }) => server === 'teller');
  assert.deepEqual(events.map(({ kind }) => kind).slice(0, 2), ['starting', 'ready']);
  assert.match(events.find(({ kind }) => kind === 'finding')?.['text'] as string, /said the secret "api_key" in a notification/);
  assert.match((await home.wharf(['daemon', 'status'])).stdout, /Calls are kept in \S+journal\.db \(\d/);
  assert.equal(JSON.stringify(first).includes(secret), false);
  await client.close();
});

for (const policy of ['off', 'warn']) {
  test(`with "output: ${policy}" a client gets what a server says, and no byte of the journal has the secret`, async (t) => {
    const home = await makeHome(t);
    const { secret } = await addTellingServer(home, policy);
    const client = await home.session('dev');
    const other = token();
    const reply = JSON.stringify(await client.callTool('tell', { given: secret, other }));
    assert.ok(reply.includes(secret) && reply.includes(other));
    await client.callTool(`say_${secret}`);
    await client.callTool(`nothing_${other}`);
    await client.callTool('tell', { crash: true });
    await until(() => journalRows(home, "SELECT * FROM calls WHERE status <> 'running'").length === 4, { what: 'the calls to be written' });
    const looks = [secret, other].flatMap((one) => [one, Buffer.from(one).toString('hex'), one.slice(0, 20), one.slice(-20)]);
    const holding = (): readonly string[] =>
      filesOfJournal(home).filter((path) => looks.some((look) => readFileSync(path, 'latin1').includes(look)));
    assert.ok(filesOfJournal(home).some((path) => path.endsWith('-wal') && statSync(path).size > 0));
    assert.deepEqual(holding(), []);
    assert.equal((await home.wharf(['daemon', 'stop'])).code, 0);
    assert.deepEqual(holding(), []);
    const [first] = await listed(home);
    assert.match(JSON.stringify((await shown(home, first?.id ?? '')).arguments), /\[wharf:secret api_key\].*\[wharf:redacted github-pat\]/);
    const found = journalRows(home, 'SELECT place, action, secret FROM findings ORDER BY seq');
    assert.equal(found.length > 0, policy === 'warn');
    assert.ok(found.every(({ action }) => action === 'reported'));
    await client.close();
  });
}

test('a daemon that is killed while it writes leaves a sound journal with all that was written', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.session('dev');
  const { pid } = await home.status();
  await Promise.all(Array.from({ length: 500 }, (_, count) => client.callTool('add', { a: count, b: 1 })));
  const ended = (): readonly Readonly<Record<string, unknown>>[] => journalRows(home, "SELECT id FROM calls WHERE status = 'ok'");
  await until(() => ended().length === 500, { what: 'the calls to be written' });
  let answered = 0;
  const count = (): void => void answered++;
  const burst = Array.from({ length: 5_000 }, (_, count) => client.callTool('add', { a: count, b: 2 }));
  const all = Promise.allSettled(burst.map((one) => one.then(count)));
  await until(() => answered > 1_000 && ended().length > 500, { everyMs: 1, what: 'the journal to be written in' });
  process.kill(pid, 'SIGKILL');
  const written = await until(() => !isRunning(pid) && ended());
  await all;

  assert.deepEqual(
    journalRows(home, 'PRAGMA integrity_check').map((row) => row['integrity_check']),
    ['ok'],
  );
  const calls = await listed(home, 10_000);
  const ids = new Set(calls.map(({ id }) => id));
  assert.ok(written.length > 500);
  assert.ok(written.every(({ id }) => ids.has(String(id))));
  assert.ok(calls.every(({ status }) => status !== 'running'));
  assert.equal(
    filesOfJournal(home).some((path) => path.includes('damaged')),
    false,
  );
  await client.close();
});

test('gateways in the foreground, on stdio and over HTTP, write the same journal', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const client = await home.gateway(['--profile', 'dev', '--no-daemon']);
  await client.initialize();
  await client.listTools();
  await client.callTool('add', { a: 1, b: 2 });
  await client.close();
  assert.deepEqual(
    (await listed(home)).map(({ client, tool, status }) => [client, tool, status]),
    [['test-client 1.0.0', 'add', 'ok']],
  );

  const http = new HttpClient(await startHttpGateway(t, home, ['dev']));
  await http.initialize();
  await http.request('tools/list');
  await http.request('tools/call', { name: 'add', arguments: { a: 3, b: 4 } });
  const call = await until(async () => (await listed(home)).find(({ client }) => client.startsWith('http-client')), { what: 'its call' });
  assert.deepEqual((await shown(home, call.id)).arguments, { a: 3, b: 4 });
});

test('a gateway with a journal that it cannot write serves all the same, and says so once', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  await home.wharf(['daemon', 'stop']);
  writeFileSync(join(home.locations.dataFolder, 'journal'), 'no folder');
  const client = await home.session('dev');
  for (let count = 0; count < 3; count++) {
    assert.equal(await client.callText('add', { a: count, b: 1 }), String(count + 1));
    assert.equal((await listed(home)).length, count + 1);
  }
  const { stdout } = await home.wharf(['daemon', 'status']);
  assert.match(stdout, /WHARF_JOURNAL_UNWRITABLE/);
  assert.equal((await home.log()).split('WHARF_JOURNAL_UNWRITABLE').length, 2);
  await client.close();
});
