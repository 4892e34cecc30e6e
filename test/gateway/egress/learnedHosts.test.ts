import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Contact, ContactOutcome } from '../../../src/core/network/contact.ts';
import { pinnableHosts } from '../../../src/core/network/pinnable.ts';
import { LearnedHosts } from '../../../src/gateway/egress/learnedHosts.ts';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-learned-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function contact(host: string, outcome: ContactOutcome = 'opened', port: number | null = 443): Contact {
  return { host, port, outcome, sent: 0, received: 0 };
}

test('hosts that were reached are counted, kept over a restart, and can be pinned; what was denied is not', (t) => {
  const folder = folderFor(t);
  const first = new LearnedHosts(folder);
  first.record('dev', 'web', contact('b.test'));
  first.record('dev', 'web', contact('a.test'));
  first.record('dev', 'web', contact('b.test'));
  first.record('dev', 'web', contact('b.test', 'closed'));
  first.record('dev', 'web', contact('db.test', 'asked', null));
  first.record('dev', 'web', contact('evil.test', 'notAllowed'));
  first.record('dev', 'web', contact('not a host'));
  first.record('dev', 'other', contact('c.test'));
  first.flush();
  const second = new LearnedHosts(folder);
  assert.deepEqual(
    second.hosts('dev', 'web').map(({ host, port, count }) => [host, port, count]),
    [
      ['db.test', null, 1],
      ['b.test', 443, 2],
      ['a.test', 443, 1],
    ],
  );
  assert.deepEqual(pinnableHosts(second.hosts('dev', 'web')), [
    { host: 'a.test', port: 443 },
    { host: 'b.test', port: 443 },
  ]);
  assert.deepEqual(
    second
      .all()
      .map(({ server }) => server)
      .toSorted(),
    ['other', 'web'],
  );
  second.forget('dev', 'web');
  assert.deepEqual(new LearnedHosts(folder).hosts('dev', 'web'), []);
});

test('two gateways keep what both learned', (t) => {
  const folder = folderFor(t);
  const [one, two] = [new LearnedHosts(folder), new LearnedHosts(folder)];
  one.record('dev', 'web', contact('a.test'));
  two.record('dev', 'web', contact('b.test'));
  one.flush();
  two.flush();
  assert.equal(new LearnedHosts(folder).hosts('dev', 'web').length, 2);
});

test('a server that reaches ever more names fills no disk, and a broken file is forgotten', (t) => {
  const folder = folderFor(t);
  const learned = new LearnedHosts(folder);
  for (let index = 0; index < 2_000; index++) {
    learned.record('dev', 'web', contact(`h${index}.test`));
  }
  learned.flush();
  assert.equal(learned.hosts('dev', 'web').length, 500);
  const inside = join(folder, 'learned-hosts');
  const [file = ''] = readdirSync(inside);
  assert.equal(statSync(join(inside, file)).mode & 0o777, 0o600);
  assert.ok(readFileSync(join(inside, file)).length < 64 * 1024);
  for (const text of ['{', 'null', '{"version":1,"profile":"dev","server":"web","hosts":[{"host":1}]}']) {
    writeFileSync(join(inside, file), text);
    assert.deepEqual(new LearnedHosts(folder).hosts('dev', 'web'), [], text);
  }
});
