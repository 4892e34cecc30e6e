import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pinnableHosts } from '../../../src/core/network/pinnable.ts';
import { pinHosts } from '../../../src/core/profile/pin.ts';
import type { ImageServer } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';

const hosts = [
  { host: 'api.test', port: 443 },
  { host: 'www.test', port: 80 },
];

function serverOf(text: string): ImageServer {
  const profile = readProfile(text, 'dev.yaml');
  assert.ok(profile.ok, profile.ok ? '' : profile.problem.message);
  const [server] = profile.value.servers;
  assert.ok(server?.kind === 'image');
  return server;
}

function pinned(text: string, wanted = hosts): string {
  const result = pinHosts(text, serverOf(text), wanted, 'dev.yaml');
  assert.ok(result.ok, result.ok ? '' : `${result.problem.message} ${result.problem.next}`);
  return result.value;
}

test('pinned hosts close the network to all others, and none of them may be private', () => {
  const before = 'version: 1\nservers:\n  # ours\n  - image: x/a:1\n    wharf:\n      network: learn # for now\n  - image: x/b:1\n';
  const after = pinned(before);
  assert.equal(
    after,
    before
      .replace('network: learn # for now\n', 'network: declared # for now\n      privateHosts: []\n')
      .replace('  - image: x/b:1', '    allowHosts: [api.test:443, www.test:80]\n  - image: x/b:1'),
  );
  assert.deepEqual(serverOf(after).network, { kind: 'declared', hosts, isOwn: true, privateHosts: [] });
});

test('hosts that the entry named itself stay as they are written, and may be private as before', () => {
  const before = [
    'version: 1',
    'servers:',
    '  - image: x/a:1',
    '    allowHosts:',
    '      - db.test:5432 # the database',
    '      - API.test',
    '    wharf: { network: learn }',
    '',
  ].join('\n');
  const after = pinned(before);
  assert.match(after, / {6}- db\.test:5432 # the database\n {6}- API\.test\n {6}- www\.test:80\n/);
  const { network } = serverOf(after);
  assert.ok(network.kind === 'declared');
  assert.deepEqual(
    network.privateHosts?.map(({ host }) => host),
    ['db.test', 'api.test'],
  );
});

test('what is pinned a second time keeps what may be private', () => {
  const once = pinned('version: 1\nservers:\n  - image: x/a:1\n    allowHosts: [db.test:5432]\n    wharf: { network: learn }\n');
  const twice = pinned(once.replace('network: declared', 'network: learn'), [{ host: 'new.test', port: 443 }]);
  const { network } = serverOf(twice);
  assert.ok(network.kind === 'declared');
  assert.deepEqual(network.privateHosts, [{ host: 'db.test', port: 5432 }]);
  assert.equal(network.hosts.length, 4);
});

test('what a server only asked for, patterns that it asked for like names, addresses and itself are not pinned', () => {
  const learned = [
    { host: 'b.test', port: 443 },
    { host: 'b.test', port: 80 },
    { host: 'a.test', port: 443 },
    { host: 'db.test', port: null },
    { host: '*.evil.test', port: 443 },
    { host: '*', port: 443 },
    { host: '10.0.0.1', port: 443 },
    { host: '8.8.8.8', port: 443 },
    { host: 'no host', port: 443 },
    { host: 'localhost', port: 443 },
  ];
  assert.deepEqual(
    pinnableHosts(learned).map(({ host, port }) => `${host}:${port}`),
    ['a.test:443', 'b.test:80', 'b.test:443'],
  );
});
