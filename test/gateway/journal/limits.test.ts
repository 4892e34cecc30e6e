import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { openJournal } from '../../../src/gateway/journal/journalFile.ts';
import { JournalStore } from '../../../src/gateway/journal/store.ts';
import { trim, usedBytes } from '../../../src/gateway/journal/trim.ts';
import { ownIdentity } from '../../../src/node/machine.ts';
import { journalFolder, batchOf } from '../../support/journals.ts';
import { until } from '../../support/until.ts';

const day = 24 * 3_600_000;
const megabyte = 1024 * 1024;

/** A journal without a thread. */
function open(path: string): { readonly database: DatabaseSync; readonly store: JournalStore } {
  mkdirSync(dirname(path), { recursive: true });
  const opened = openJournal(path);
  assert.ok(opened.kind === 'open');
  return { database: opened.database, store: new JournalStore(opened.database, { process: ownIdentity(), version: '0' }) };
}

function count(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count']);
}

test('what is older than a month goes, with everything that belongs to it', (t) => {
  const { database, store } = open(journalFolder(t).path);
  const now = Date.now();
  store.write(batchOf(Array.from({ length: 1_200 }, (_, index) => ({ id: `old${index}`, startedAt: now - 31 * day }))));
  store.write(batchOf([{ id: 'new', startedAt: now - 29 * day }]));
  const event = { profile: 'p', server: 's', process: null, kind: 'ready', text: '' };
  store.write({ ...batchOf([]), events: [31, 29].map((days) => ({ ...event, at: now - days * day })) });
  while (trim(database, { bytes: 100 * megabyte, ageMs: 30 * day, events: 100 }, now)) {
    // One step after the other.
  }
  assert.deepEqual(
    store.list(10).map(({ id }) => id),
    ['new'],
  );
  assert.deepEqual(
    ['calls', 'call_details', 'findings', 'server_events'].map((table) => count(database, table)),
    [1, 1, 1, 1],
  );
  assert.equal(store.show('old1'), null);
  database.close();
});

test('the oldest calls go when the file is too large, and their room is given back to the disk', (t) => {
  const { path } = journalFolder(t);
  const { database, store } = open(path);
  const body = Buffer.alloc(100_000, 'x');
  for (let index = 0; index < 100; index++) {
    store.write(batchOf([{ id: `c${index}`, startedAt: index, requestBytes: body.length, arguments: body }]));
  }
  assert.ok(usedBytes(database) > 9 * megabyte);
  while (trim(database, { bytes: 2 * megabyte, ageMs: Date.now(), events: 100 }, Date.now())) {
    // One step after the other.
  }
  const kept = store.list(100).map(({ id }) => id);
  assert.equal(kept.at(-1), 'c99');
  assert.ok(kept.length >= 15 && kept.length <= 20, String(kept.length));
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  assert.ok(statSync(path).size <= 2 * megabyte, String(statSync(path).size));
  database.close();
});

test('a server that starts again and again does not fill the journal', (t) => {
  const { database, store } = open(journalFolder(t).path);
  const event = { at: Date.now(), profile: 'p', server: 's', process: null, kind: 'ready' };
  store.write({ ...batchOf([]), events: Array.from({ length: 3_000 }, (_, index) => ({ ...event, text: `${index}` })) });
  while (trim(database, { bytes: 100 * megabyte, ageMs: day, events: 100 }, Date.now())) {
    // One step after the other.
  }
  assert.equal(store.events().length, 100);
  assert.equal(store.events().at(-1)?.text, '2999');
  database.close();
});

test('a running gateway keeps its journal within the limit', async (t) => {
  const { run } = journalFolder(t);
  const one = run({ limits: { bytes: 8 * megabyte, ageMs: day, events: 100 } });
  const result = JSON.stringify('y'.repeat(500_000));
  for (let index = 0; index < 50; index++) {
    one.call(`t${index}`, result);
  }
  await one.journal.close();
  const next = run({ limits: { bytes: 8 * megabyte, ageMs: day, events: 100 } });
  next.call('last');
  await until(async () => (await next.tools()).length < 20, { what: 'the oldest to go' });
  assert.equal((await next.tools()).at(-1), 'last');
});

test('a journal of a newer Wharf is not touched: calls go on in memory alone, and that is said', async (t) => {
  const { run, path } = journalFolder(t);
  const { database } = open(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  const before = readFileSync(path);
  const one = run();
  one.call('a');
  assert.deepEqual(await one.tools(), ['a']);
  await until(() => one.journal.report().dropped === 1);
  assert.equal(one.journal.report().problem?.code, 'WHARF_JOURNAL_NEWER');
  one.call('b');
  assert.deepEqual(await one.tools(), ['a', 'b']);
  await one.journal.close();
  assert.equal(one.log.length, 1);
  assert.ok(readFileSync(path).equals(before));
});
