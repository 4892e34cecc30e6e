import assert from 'node:assert/strict';
import { test } from 'node:test';

import { grantsOf, networkWords } from '../../../src/core/profile/grantWords.ts';
import { refusalOf, serverOf } from './entries.ts';

/** What is shown of the network of an entry, with a mark where it is wide. */
function shown(entry: object): string {
  const server = serverOf({ image: 'mcp/x', ...entry });
  assert.ok(server.kind === 'image');
  const wide = grantsOf(server).some(({ kind, isWide }) => kind === 'network' && isWide);
  return `${wide ? '! ' : ''}${networkWords(server)}`;
}

const env = (value: string): object => ({ env: [{ name: 'PGURL', value }] });
const declared = { wharf: { network: 'declared' } };
const secrets = [{ name: 'db.password', env: 'PASSWORD' }];

test('a server whose variables name hosts is shown with exactly those', () => {
  assert.equal(shown(env('postgres://u@db.example.com:5432/x')), 'only db.example.com:5432');
  assert.equal(shown({ env: [{ name: 'DATABASE_URL', value: 'postgres://db.acme.net/x' }] }), 'only db.acme.net:5432');
  assert.equal(shown({ ...env('postgres://u@db.example.com/x'), ...declared }), 'only db.example.com:5432');
  assert.equal(shown({ ...env('postgres://u@db.example.com/x'), allowHosts: ['api.test:443'] }), 'only api.test:443, db.example.com:5432');
});

test('a declared network without a host is shown as none', () => {
  assert.equal(shown(declared), 'no host');
  assert.equal(shown({ ...declared, secrets }), 'no host but those that its secrets name');
});

test('what stays open is shown as open: no host named, an address, or chosen', () => {
  assert.equal(shown({}), '! open to every host');
  assert.equal(shown(env('postgres://u@10.0.0.5/x')), '! open to every host');
  assert.equal(
    shown({ ...env('postgres://u@db.example.com/x'), wharf: { network: 'open' } }),
    '! open to every host, chosen by the profile',
  );
});

test('secrets may name hosts that nobody sees here, and that is said', () => {
  const url = env('postgres://u:${PASSWORD}@db.example.com/x');
  assert.equal(
    shown({ ...url, secrets }),
    'only db.example.com:5432, and hosts that its secrets name; open where a secret names an address',
  );
});

test('a host that no proxy can hold a server to is refused at its place', () => {
  for (const host of ['127.0.0.1:443', '[::1]:443', '10.0.0.1:5432']) {
    assert.match(refusalOf({ image: 'x', allowHosts: ['a.test:443', host] }, `"${host}"`), /is an address/);
  }
  for (const host of ['localhost:443', 'LOCALHOST', 'db.localhost:5432', '*.localhost:443']) {
    assert.match(refusalOf({ image: 'x', allowHosts: ['a.test:443', host] }, `"${host}"`), /is the container itself/);
  }
  assert.match(refusalOf({ image: 'x', allowHosts: ['*.foo.com:5432'] }, '"*.foo.com:5432"'), /name each host in full/);
});
