import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import type { Finding } from '../../../src/shared/findings.ts';
import { journalFolder } from '../../support/journals.ts';
import { until } from '../../support/until.ts';

const finding: Finding = {
  rule: 'injected-secret',
  title: 'a secret of the vault',
  kind: 'secret',
  where: 'result',
  pointer: '/content/0/text',
  preview: 'abcd…(40)',
  action: 'redacted',
  secret: 'token',
};

test('a call is the same for the next gateway: bodies, timings, events and findings', async (t) => {
  const { run } = journalFolder(t);
  const first = run();
  const call = first.begin('create', '{"title":"ä \\u0000"}');
  call.segment('wait');
  call.event('It started.');
  call.finds([finding, { ...finding, secret: undefined, rule: 'github-pat' } as unknown as Finding]);
  call.segment('tool');
  call.end({ status: 'error', result: Buffer.from('{"isError":true,"content":[]}') });
  const before = await first.history.show(call.id);
  await first.journal.close();
  const second = run();
  assert.deepEqual(await second.history.list(10), [
    (({ arguments: _a, result: _r, timings: _t, events: _e, found: _f, ...summary }) => summary)(before ?? assert.fail()),
  ]);
  assert.deepEqual(JSON.parse(JSON.stringify(await second.history.show(call.id))), JSON.parse(JSON.stringify(before)));
  assert.equal(await second.history.show('nope'), undefined);
});

test('calls of earlier gateways and of this one are one list, the newest last, no more than were asked for', async (t) => {
  const { run } = journalFolder(t);
  const first = run();
  for (const tool of ['a', 'b', 'c']) {
    first.call(tool);
  }
  await first.journal.close();
  const second = run();
  second.call('d');
  second.begin('e');
  assert.deepEqual(await second.tools(), ['a', 'b', 'c', 'd', 'e']);
  assert.deepEqual(await second.tools(3), ['c', 'd', 'e']);
  assert.deepEqual(await second.tools(1), ['e']);
});

test('two gateways write at the same time, and each sees the calls of the other', async (t) => {
  const { run } = journalFolder(t);
  const runs = [run(), run()];
  for (let count = 0; count < 500; count++) {
    runs.forEach((one, index) => one.call(`${index}`));
  }
  for (const one of runs) {
    await until(async () => (await one.history.list(5_000)).length === 1_000, { what: 'all calls to be listed' });
  }
});

test('what is only known after the end of a call is kept as well', async (t) => {
  const { run } = journalFolder(t);
  const first = run();
  const call = first.call('fetch');
  await until(() => (first.journal.report().bytes ?? 0) > 0, { what: 'the call to be written' });
  first.calls.note('/p.yaml', 's', 'The proxy refused a host.');
  await first.journal.close();
  const kept = await run().history.show(call.id);
  assert.deepEqual(
    kept?.events.map(({ text }) => text),
    ['The proxy refused a host.'],
  );
  assert.equal(kept.status, 'ok');
});

test('a call that ran when its gateway ended without a word did fail', async (t) => {
  const { run } = journalFolder(t);
  // Of a process that ended long ago.
  const first = run({
    run: { process: { ...(await import('../../../src/node/machine.ts')).ownIdentity(), startedAt: '1' }, version: '0' },
  });
  const call = first.begin('long', '{"a":1}');
  await until(() => (first.journal.report().bytes ?? 0) > 0, { what: 'the call to be written' });
  const second = run();
  const [listed] = await second.history.list(1);
  assert.deepEqual([listed?.id, listed?.status], [call.id, 'error']);
  const shown = await second.history.show(call.id);
  assert.deepEqual(shown?.arguments, { a: 1 });
  assert.equal((shown.result as { code: string }).code, 'WHARF_DAEMON_LOST');
});

test('a call that still runs in another gateway is shown as running', async (t) => {
  const { run } = journalFolder(t);
  const first = run();
  first.begin('long');
  await until(() => (first.journal.report().bytes ?? 0) > 0, { what: 'the call to be written' });
  assert.equal((await run().history.list(1))[0]?.status, 'running');
});

test('texts that may quote a server are cleaned before they are written', async (t) => {
  const { run } = journalFolder(t);
  const clean = (text: string): string => text.replaceAll('hush', '***');
  const first = run({ clean });
  const call = first.begin('tool-hush', '{}', 'server-hush');
  call.event('It said hush.');
  call.finds([{ ...finding, pointer: '/hush' }]);
  call.end({ status: 'ok', result: null });
  first.journal.event({ at: Date.now(), profile: 'p', server: 's', process: null, kind: 'failed', text: 'hush' });
  await first.journal.close();
  const shown = await run().history.show(call.id);
  assert.doesNotMatch(JSON.stringify(shown), /hush/);
  assert.equal(shown?.tool, 'tool-***');
});

test('only its user may read the journal', { skip: process.platform === 'win32' }, async (t) => {
  const { run, path } = journalFolder(t);
  const first = run();
  first.call('a');
  await first.tools();
  const folder = dirname(path);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const files = readdirSync(folder);
  assert.ok(files.includes('journal.db-wal'));
  assert.deepEqual(
    files.map((name) => statSync(join(folder, name)).mode & 0o777),
    files.map(() => 0o600),
  );
});
