import assert from 'node:assert/strict';
import { test } from 'node:test';

import { needsGrant } from '../../../src/core/profile/grants.ts';
import { grantsOf } from '../../../src/core/profile/grantWords.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import {
  strictIsolation,
  type ImageServer,
  type NativeServer,
  type ProfileServer,
  type RemoteServer,
} from '../../../src/core/profile/profile.ts';

function read(entry: object, wharf: object = {}): ReturnType<typeof readProfile> {
  return readProfile(JSON.stringify({ version: 1, servers: [entry], wharf }), 'dev.yaml');
}

function serverOf(entry: object): ProfileServer {
  const profile = read(entry);
  assert.ok(profile.ok, profile.ok ? '' : profile.problem.message);
  const [server] = profile.value.servers;
  assert.ok(server !== undefined);
  return server;
}

const imageOf = (entry: object) => serverOf(entry) as ImageServer;
const remoteOf = (entry: object) => serverOf(entry) as RemoteServer;
const nativeOf = (entry: object) => serverOf(entry) as NativeServer;

function refusalOf(entry: object): string {
  const profile = read(entry);
  return profile.ok ? `read: ${JSON.stringify(profile.value.servers[0])}` : profile.problem.message;
}

test('the secrets of a catalogue entry are references into the vault, for the variables that it names', () => {
  const snapshot = { server: { name: 'github', secrets: [{ name: 'github.token', env: 'GITHUB_TOKEN', example: 'x' }] } };
  const { secrets, env } = imageOf({ image: 'mcp/github', secrets: 'default', snapshot });
  assert.deepEqual(secrets, [{ env: 'GITHUB_TOKEN', reference: 'secret://github.token', as: 'env' }]);
  assert.deepEqual(env, {});
});

test('an entry may name another place for a secret than its catalogue, and take it as a file', () => {
  const snapshot = { server: { secrets: [{ name: 'a.key', env: 'KEY' }] } };
  const secrets = [{ name: 'op://team/a/key', env: 'KEY' }];
  const server = imageOf({ image: 'mcp/a', snapshot, secrets, wharf: { secretsAs: 'file' } });
  assert.deepEqual(server.secrets, [{ env: 'KEY', reference: 'op://team/a/key', as: 'file' }]);
});

test('the value of a variable may be a reference, or name a secret of its own server and no other', () => {
  const server = imageOf({
    image: 'mcp/a',
    secrets: [{ name: 'a.key', env: 'KEY' }],
    env: [
      { name: 'OTHER', value: 'secret://b.key' },
      { name: 'URL', value: 'https://x.example/?k=${KEY}&m=$KEY' },
      { name: 'PLAIN', value: 'file:///data/x' },
    ],
  });
  assert.deepEqual(
    server.secrets.map(({ env, reference }) => [env, reference]),
    [
      ['KEY', 'secret://a.key'],
      ['OTHER', 'secret://b.key'],
    ],
  );
  assert.deepEqual(server.env, { URL: 'https://x.example/?k=${KEY}&m=$KEY', PLAIN: 'file:///data/x' });
  assert.match(refusalOf({ image: 'mcp/a', env: [{ name: 'A', value: '$HOME' }] }), /has a template or a "\$"/);
});

test("variables of the catalogue are told from the entry's own, which go before them", () => {
  const snapshot = {
    server: {
      env: [
        { name: 'A', value: 'theirs' },
        { name: 'B', value: 'theirs' },
        { name: 'S', value: 'secret://s' },
      ],
    },
  };
  const server = imageOf({
    image: 'x',
    snapshot,
    env: [
      { name: 'B', value: 'mine' },
      { name: 'C', value: 'mine' },
    ],
  });
  assert.deepEqual(server.env, { A: 'theirs', B: 'mine', C: 'mine' });
  assert.deepEqual(server.catalogEnv, ['A']);
});

test('a value where a reference should be is refused, and not repeated', () => {
  const value = ['sk', 'live', 'a b'].join('_');
  const told = refusalOf({ image: 'mcp/a', secrets: [{ name: value, env: 'KEY' }] });
  assert.match(told, /no usable "name"/);
  assert.ok(!told.includes(value));
});

test('what was meant to be a reference in a variable is refused with its line, and not repeated', () => {
  for (const value of [
    'secret://',
    'secret://a b',
    'secert://x.key',
    'secrets://x.key',
    ' secret://x.key',
    'env://1',
    'op://x',
    'Secret://x.key',
  ]) {
    for (const entry of [
      { image: 'mcp/a', env: [{ name: 'A', value }] },
      { name: 'n', wharf: { native: { command: 'x', env: { A: value } } } },
    ]) {
      const told = refusalOf(entry);
      assert.match(told, /is no reference to a secret that Wharf knows/, value);
      assert.ok(!told.includes('x.key'), value);
    }
  }
  const plain = ['https://x.example/', 'secret', 'sqlite:///data', 'file:///data/x'];
  const { env } = imageOf({ image: 'mcp/a', env: plain.map((value, index) => ({ name: `A${index}`, value })) });
  assert.deepEqual(Object.values(env), plain);
});

test('headers of a remote server are filled with its secrets, and scopes are read', () => {
  const snapshot = {
    server: {
      remote: { url: 'https://mcp.x.example/mcp', headers: { Authorization: 'Bearer ${X_KEY}' } },
      secrets: [{ name: 'x.key', env: 'X_KEY' }],
      oauth: { providers: [{ provider: 'x' }], scopes: ['read'] },
    },
  };
  const server = remoteOf({ type: 'remote', endpoint: 'https://mcp.x.example/mcp', snapshot });
  assert.deepEqual(server.headers, { Authorization: 'Bearer ${X_KEY}' });
  assert.deepEqual([server.secrets[0]?.reference, server.oauthScopes], ['secret://x.key', ['read']]);
  assert.match(refusalOf({ endpoint: 'https://mcp.x.example/mcp', headers: { Authorization: 'Bearer ${NO}' } }), /has a template/);
});

test('a native server gets secrets by reference only', () => {
  const server = nativeOf({ name: 'n', wharf: { native: { command: 'x', env: { A: 'env://TOKEN', B: 'b' } } } });
  assert.deepEqual(server.secrets, [{ env: 'A', reference: 'env://TOKEN', as: 'env' }]);
  assert.deepEqual(server.env, { B: 'b' });
});

test('hosts that the entry pins go before those of the catalogue, and a chosen network says so', () => {
  const snapshot = { server: { allowHosts: ['a.example:443', '*:8081'] } };
  const networkOf = (more: object): unknown => imageOf({ image: 'x', snapshot, ...more }).network;
  const hosts = [
    { host: 'a.example', port: 443 },
    { host: '*', port: 8081 },
  ];
  assert.deepEqual(networkOf({}), { kind: 'declared', hosts, isOwn: false });
  assert.deepEqual(networkOf({ allowHosts: ['DB.Example:5432/tcp'] }), {
    kind: 'declared',
    hosts: [{ host: 'db.example', port: 5432 }],
    isOwn: true,
  });
  assert.deepEqual(networkOf({ wharf: { network: 'open' } }), { kind: 'open', isChosen: true });
  assert.deepEqual(networkOf({ wharf: { network: 'learn' } }), { kind: 'learn', hosts, isOwn: false });
  assert.match(refusalOf({ image: 'x', allowHosts: ['http://a/b'] }), /not HOST:PORT/);
  assert.deepEqual(networkOf({ allowHosts: ['127.0.0.1:443'], wharf: { network: 'open' } }), { kind: 'open', isChosen: true });
});

test('what relaxes a container is read, and what no container may have is refused', () => {
  const isolationOf = (wharf: object): unknown => imageOf({ image: 'x', wharf }).isolation;
  assert.deepEqual(isolationOf({}), strictIsolation);
  const wharf = {
    mounts: ['${workspace}:/work', '~/data:/data:rw'],
    tmpfs: ['/var/cache'],
    exec: ['/opt/run'],
    writable: true,
    capAdd: ['cap_setuid'],
    user: 1000,
    shm: '256m',
  };
  assert.deepEqual(isolationOf(wharf), {
    mounts: [
      { source: '${workspace}', target: '/work', readOnly: true },
      { source: '~/data', target: '/data', readOnly: false },
    ],
    volumes: [],
    tmpfs: ['/var/cache'],
    exec: ['/opt/run'],
    writable: true,
    capAdd: ['SETUID'],
    user: '1000',
    shm: 256 * 1024 ** 2,
  });
  for (const [bad, words] of [
    [{ capAdd: ['SYS_ADMIN'] }, /wharf.capAdd has "SYS_ADMIN"/],
    [{ capAdd: ['ALL'] }, /wharf.capAdd/],
    [{ mounts: ['../data:/data'] }, /or the name of a volume/],
    [{ mounts: ['data:/proc'] }, /no plain folder/],
    [{ mounts: ['/a:/proc/x'] }, /no plain folder/],
    [{ mounts: ['/a:/b/../../etc'] }, /no plain folder/],
    [{ mounts: ['/a:/'] }, /no plain folder/],
    [{ tmpfs: ['/run/wharf-secrets'] }, /no plain absolute folder/],
    [{ writable: 'yes' }, /true or false/],
    [{ user: '0 --privileged' }, /not a user/],
    [{ privileged: true }, /no setting "privileged"/],
    [{ devices: ['/dev/kvm'] }, /no setting "devices"/],
  ] as const) {
    assert.match(refusalOf({ image: 'x', wharf: bad }), words);
  }
});

test('what is done with secrets in output is said for a profile, a server and a tool', () => {
  const profile = read(
    { image: 'x', wharf: { output: { search: 'warn' }, allowFindings: ['jwt'] } },
    { output: 'block', requireDigest: true, verify: true },
  );
  assert.ok(profile.ok);
  assert.deepEqual([profile.value.output, profile.value.requireDigest, profile.value.verify], ['block', true, true]);
  assert.deepEqual(profile.value.servers[0]?.output, { policy: null, tools: { search: 'warn' }, allow: ['jwt'] });
  assert.match(refusalOf({ image: 'x', wharf: { output: 'none' } }), /redact, block, warn or off/);
  assert.match(refusalOf({ image: 'x', wharf: { output: { a: 'none' } } }), /redact, block, warn or off/);
});

test('limits above those of every server are granted, and lower ones are not', () => {
  const grantsWith = (wharf: object): unknown => {
    const server = imageOf({ image: 'x', wharf: { network: 'none', ...wharf } });
    return [needsGrant(server), grantsOf(server).map(({ words }) => words)];
  };
  assert.deepEqual(grantsWith({ cpus: 0.5, memory: '512m' }), [false, []]);
  assert.deepEqual(grantsWith({ cpus: 1, memory: '2g' }), [false, []]);
  assert.deepEqual(grantsWith({ cpus: 4 }), [true, ['CPU: 4, where others get 1']]);
  assert.deepEqual(grantsWith({ memory: '8g' }), [true, ['memory: 8192 MB, where others get 2048 MB']]);
});
