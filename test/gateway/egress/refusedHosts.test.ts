import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Contact, ContactOutcome } from '../../../src/core/network/contact.ts';
import { CallLog } from '../../../src/gateway/callLog.ts';
import { RefusedHosts, refusalWords } from '../../../src/gateway/egress/refusedHosts.ts';

function contact(host: string, outcome: ContactOutcome = 'notAllowed', port: number | null = 443): Contact {
  return { host, port, outcome, sent: 0, received: 0 };
}

test('a refused host is told with its reason and with what would allow it', () => {
  assert.equal(
    refusalWords('web', contact('api.test')),
    'The server "web" asked for api.test:443, which it may not reach: it is none of its hosts. To allow it, add api.test:443 to allowHosts of its entry in the profile.',
  );
  assert.match(refusalWords('web', contact('db.test', 'notAllowed', null)), /asked for db\.test, .* add db\.test:PORT/);
  assert.match(
    refusalWords('web', contact('nas.test', 'privateAddress')),
    /private network.*where it is a host of your own network, add nas/,
  );
  assert.equal(
    refusalWords('web', contact('172.18.0.3', 'unnamed')),
    'The server "web" asked for a host on port 443, which it may not reach: it did not say which host it means, as TLS and HTTP do.',
  );
});

test("the name is the server's own text, and writes nothing of its own into a log", () => {
  const words = refusalWords('web', contact(`a\n\u001b[2Jb${'x'.repeat(300)}`));
  assert.ok(!words.includes('\n') && !words.includes('\u001b'), words);
  assert.ok(words.length < 500);
});

test('each host is told once, and a server that asks for thousands neither fills the log nor silences others', () => {
  const refused = new RefusedHosts();
  const tell = (server: string, host: string): string | undefined => refused.tell('/p.yaml', server, contact(host));
  assert.ok(tell('web', 'a.test'));
  assert.equal(tell('web', 'a.test'), undefined);
  const lines = Array.from({ length: 1_000 }, (_, index) => tell('web', `h${index}.test`)).filter((line) => line !== undefined);
  assert.equal(lines.length, 100);
  assert.match(lines.at(-1) ?? '', /more such hosts, which are not written down/);
  assert.ok(tell('other', 'a.test'));
  assert.equal(refused.tell('/p.yaml', 'other', contact('b.test', 'opened')), undefined);
});

test('what was refused is a step of the calls of that server of that profile, told once for each, also shortly after the end', () => {
  const log = new CallLog();
  const start = { client: 'c', thread: null, profile: 'dev', profilePath: '/a/dev.yaml', tool: 't', arguments: undefined, requestBytes: 1 };
  const [web, other] = ['web', 'other'].map((server) => log.begin({ ...start, server }));
  const elsewhere = log.begin({ ...start, server: 'web', profilePath: '/b/dev.yaml' });
  assert.ok(web !== undefined && other !== undefined);
  log.note('/a/dev.yaml', 'web', 'one');
  web.end({ status: 'error', result: null });
  log.note('/a/dev.yaml', 'web', 'one');
  log.note('/a/dev.yaml', 'web', 'two');
  for (let index = 0; index < 100; index++) {
    log.note('/a/dev.yaml', 'web', `n${index}`);
  }
  const events = log.show(web.id)?.events.map(({ text }) => text) ?? [];
  assert.deepEqual(events.slice(0, 2), ['one', 'two']);
  assert.equal(events.length, 20);
  assert.deepEqual(log.show(other.id)?.events, []);
  assert.deepEqual(log.show(elsewhere.id)?.events, []);
});
