import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { Waiting } from '../../../src/gateway/journal/waiting.ts';
import { KeptCall } from '../../../src/gateway/keptCall.ts';
import { journalFolder } from '../../support/journals.ts';
import { until } from '../../support/until.ts';

const isRoot = process.getuid?.() === 0;
const megabyte = 1024 * 1024;

test('a file that is no journal any more is moved aside, and a new one begun', async (t) => {
  const { run, path } = journalFolder(t);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'no database\n'.repeat(1_000));
  const one = run();
  one.call('a');
  await one.journal.close();
  assert.match(one.log.join('\n'), /WHARF_JOURNAL_DAMAGED/);
  assert.ok(existsSync(path.replace(/\.db$/, '.damaged.db')));
  const two = run();
  assert.deepEqual(await two.tools(), ['a']);
  assert.deepEqual(two.log, []);
});

test("another program's database is not written", async (t) => {
  const { run, path } = journalFolder(t);
  mkdirSync(dirname(path), { recursive: true });
  const other = new DatabaseSync(path);
  other.exec('CREATE TABLE notes (text TEXT)');
  other.close();
  const one = run();
  one.call('a');
  assert.deepEqual(await one.tools(), ['a']);
  const aside = new DatabaseSync(path.replace(/\.db$/, '.damaged.db'), { readOnly: true });
  assert.deepEqual(
    aside
      .prepare('SELECT name FROM sqlite_schema')
      .all()
      .map(({ name }) => name),
    ['notes'],
  );
  aside.close();
});

test('a journal that breaks while it is written is moved aside too', async (t) => {
  const { run, path } = journalFolder(t);
  const first = run();
  for (let count = 0; count < 2_000; count++) {
    first.call(`t${count}`);
  }
  await first.journal.close();
  // Only the pages behind the header and the schema.
  execFileSync('dd', ['if=/dev/urandom', `of=${path}`, 'bs=4096', 'seek=1', 'count=120', 'conv=notrunc', 'status=none']);
  const second = run();
  second.call('a');
  await until(async () => (second.call('b'), (await second.tools()).length > 0 && second.log.length > 0), {
    what: 'the damage to be seen',
  });
  await second.journal.close();
  const third = run();
  assert.ok((await third.tools()).includes('b'));
});

test('of two gateways that see the same damage the second does not take the new journal of the first away', async (t) => {
  const { run, path } = journalFolder(t);
  const filled = run();
  for (let count = 0; count < 2_000; count++) {
    filled.call(`t${count}`);
  }
  await filled.journal.close();
  const [first, second] = [run(), run()];
  await Promise.all([first.tools(1), second.tools(1)]);
  execFileSync('dd', ['if=/dev/urandom', `of=${path}`, 'bs=4096', 'seek=1', 'count=120', 'conv=notrunc', 'status=none']);
  await until(async () => (first.call('a'), await first.tools(5_000), first.log.length > 0), { what: 'the damage to be seen' });
  await first.tools(1);
  const third = run();
  await until(async () => (first.call('a'), (await third.tools()).includes('a')), { what: 'the new journal' });
  await until(async () => (second.call('b'), await second.tools(5_000), (await third.tools(5_000)).includes('b')), {
    what: 'the second to write there too',
  });
  assert.ok((await run().tools(5_000)).includes('a'));
  assert.deepEqual(second.log, []);
});

test(
  'on a full disk calls go on, that is said once, and the journal is written again when there is room',
  { skip: isRoot && process.platform === 'linux' ? false : 'only root may make a small file system' },
  async (t) => {
    const { run, path } = journalFolder(t, '2m');
    const one = run();
    one.call('a');
    await until(() => (one.journal.report().bytes ?? 0) > 0);
    const ballast = join(dirname(path), 'ballast');
    assert.throws(() => execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096', 'status=none'], { stdio: 'ignore' }));
    const result = JSON.stringify('z'.repeat(300_000));
    for (let count = 0; count < 5; count++) {
      one.call(`b${count}`, result);
    }
    await until(() => one.journal.report().problem?.code === 'WHARF_JOURNAL_UNWRITABLE');
    one.call('c', result);
    await until(() => one.journal.report().dropped >= 2);
    assert.equal((await one.tools()).length, 7, 'memory has them all');
    assert.equal(one.log.length, 1);
    rmSync(ballast);
    one.call('d');
    await until(() => one.journal.report().problem === null);
    assert.match(one.log[1] ?? '', /is written again/);
    assert.ok((await run().tools()).includes('d'));
  },
);

test('a thread that ends takes nobody with it', async (t) => {
  const { run } = journalFolder(t);
  const one = run({ worker: () => new URL('data:text/javascript,throw new Error("planted")') });
  one.call('a');
  await until(() => one.journal.report().problem?.code === 'WHARF_JOURNAL_ENDED');
  one.call('b');
  assert.deepEqual(await one.tools(), ['a', 'b']);
  assert.equal(one.journal.report().dropped, 2);
  assert.equal(one.log.length, 1);
});

test('a thread that hangs keeps nobody waiting at the end', async (t) => {
  const { run } = journalFolder(t);
  const one = run({ worker: () => new URL('data:text/javascript,setInterval(() => {}, 1000)') });
  one.call('a');
  assert.deepEqual(await one.tools(), ['a']);
  await one.journal.close();
});

test('what waits for a slow disk is bounded, and what is left out is counted', () => {
  const waiting = new Waiting();
  const start = {
    client: 'c',
    thread: null,
    profile: 'p',
    profilePath: '/p.yaml',
    server: 's',
    tool: 't',
    arguments: undefined,
    requestBytes: megabyte,
  };
  const calls = Array.from({ length: 50 }, () => new KeptCall(start, () => undefined));
  calls.forEach((call) => waiting.put(call));
  assert.equal(waiting.dropped, 0, 'their ends are to come');
  calls.forEach((call) => {
    call.end({ status: 'ok', result: null });
    waiting.put(call);
  });
  assert.equal(waiting.dropped, 18);
  const first = waiting.take();
  assert.equal(first.calls.length, 2);
  const late = new KeptCall(start, () => undefined);
  late.end({ status: 'ok', result: null });
  assert.equal(waiting.put(late), false, 'what is on its way counts');
  first.over();
  assert.equal(waiting.put(late), true);
});
