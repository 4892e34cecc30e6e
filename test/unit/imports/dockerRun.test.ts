import assert from 'node:assert/strict';
import { test } from 'node:test';

import { importOne, leftOf, serverOf, whyLeft } from './imported.ts';

const docker = (args: readonly string[], more: Readonly<Record<string, unknown>> = {}) => importOne({ command: 'docker', args, ...more });

test('a run of an image becomes a container with its arguments, its variables, and the secret that it names', () => {
  const imported = docker(
    [
      'run',
      '-i',
      '--rm',
      '-e',
      'GITHUB_PERSONAL_ACCESS_TOKEN',
      '-e',
      'GITHUB_TOOLSETS=repos,issues',
      'ghcr.io/github/github-mcp-server',
      'stdio',
      '--read-only',
    ],
    {
      env: { GITHUB_PERSONAL_ACCESS_TOKEN: '${GITHUB_TOKEN}' },
    },
  );
  const server = serverOf(imported);
  assert.ok(server.kind === 'image');
  assert.equal(server.image, 'ghcr.io/github/github-mcp-server');
  assert.deepEqual(server.command, ['stdio', '--read-only']);
  assert.deepEqual(server.env, { GITHUB_TOOLSETS: 'repos,issues' });
  assert.deepEqual(server.secrets, [
    { env: 'GITHUB_PERSONAL_ACCESS_TOKEN', reference: 'secret://it.GITHUB_PERSONAL_ACCESS_TOKEN', as: 'env' },
  ]);
  assert.deepEqual(imported.needs, [{ name: 'it.GITHUB_PERSONAL_ACCESS_TOKEN', value: null }]);
  // As before: one process for each client.
  assert.equal(server.share, 'session');
  assert.equal(leftOf(imported), '');
});

test('options are understood in every form that docker takes', () => {
  const imported = docker([
    '--context=desktop-linux',
    'container',
    'run',
    '-itq',
    '-eA=1',
    '-e=B=2',
    '--env=C=3',
    '--env',
    'D=x=y',
    '-m512m',
    '--cpus=0.5',
    '-u',
    '1000:1000',
    '--network=none',
    '--cap-add',
    'CHOWN',
    '--shm-size=256m',
    '--tmpfs',
    '/scratch:size=10m',
    '--pull=always',
    '--name',
    'x',
    '--',
    'mcp/x:1.2',
  ]);
  const server = serverOf(imported);
  assert.ok(server.kind === 'image');
  assert.deepEqual(server.env, { A: '1', B: '2', C: '3', D: 'x=y' });
  assert.deepEqual(server.limits, { cpus: 0.5, memory: 512 * 1024 ** 2 });
  assert.deepEqual(server.network, { kind: 'none' });
  assert.deepEqual(
    [server.isolation.user, server.isolation.capAdd, server.isolation.shm, server.isolation.tmpfs],
    ['1000:1000', ['CHOWN'], 256 * 1024 ** 2, ['/scratch']],
  );
  assert.match(leftOf(imported), /^--context=desktop-linux container: .*\n-t: /);
});

test('folders are mounted as they were, and the project is the one of the caller', () => {
  const imported = docker([
    'run',
    '-v',
    '/home/you/data:/data',
    '-v',
    '/home/you/docs:/docs:ro,z',
    '-v',
    '${workspaceFolder}/src:/src',
    '-v',
    '$(pwd):/all:ro',
    '--mount',
    'type=bind,src=${HOME}/notes,dst=/notes,readonly',
    '--mount',
    'type=tmpfs,dst=/cache',
    'mcp/files',
  ]);
  const server = serverOf(imported);
  assert.ok(server.kind === 'image');
  assert.deepEqual(server.isolation.mounts, [
    { source: '/home/you/data', target: '/data', readOnly: false },
    { source: '/home/you/docs', target: '/docs', readOnly: true },
    { source: '${workspace}/src', target: '/src', readOnly: false },
    { source: '${workspace}', target: '/all', readOnly: true },
    { source: '~/notes', target: '/notes', readOnly: true },
  ]);
  assert.deepEqual(server.isolation.tmpfs, ['/cache']);
});

test('what would open this computer is named and not carried over', () => {
  const imported = docker([
    'run',
    '--privileged',
    '--net=host',
    '-v',
    '/var/run/docker.sock:/var/run/docker.sock',
    '-v',
    '//var/run/docker.sock:/sock',
    '-v',
    '/:/host',
    '-v',
    '/home/you:/home',
    '-v',
    '~/.ssh:/ssh:ro',
    '--cap-add',
    'SYS_ADMIN',
    '--device',
    '/dev/kvm',
    '--security-opt',
    'seccomp=unconfined',
    '--pid=host',
    '-p',
    '8080:80',
    '--env-file',
    '.env',
    '-v',
    'cache:/cache',
    '-w',
    '/app',
    'mcp/x',
  ]);
  const server = serverOf(imported);
  assert.ok(server.kind === 'image');
  assert.deepEqual(server.isolation.mounts, []);
  assert.deepEqual(server.isolation.capAdd, []);
  const left = leftOf(imported);
  for (const part of [
    '--privileged:',
    '--network host:',
    '-v /var/run/docker.sock:/var/run/docker.sock: whoever reaches the socket',
    '-v //var/run/docker.sock:/sock: whoever',
    '-v /:/host: ',
    '-v /home/you:/home: it holds the whole home folder',
    '-v ~/.ssh:/ssh:ro: ',
    'the capability SYS_ADMIN: ',
    '--device /dev/kvm: ',
    '--security-opt seccomp=unconfined: ',
    '--pid host: ',
    '-p 8080:80: ',
    '--env-file .env: ',
    '-w /app: ',
  ]) {
    assert.ok(left.includes(part), `${part}\n${left}`);
  }
});

test('a volume is none of the folders: the server gets a new one, and where the old data is is said', () => {
  for (const words of [
    ['-v', 'memdata:/data'],
    ['--mount', 'type=volume,src=memdata,dst=/data'],
  ]) {
    const imported = docker(['run', '-i', '--rm', ...words, 'mcp/memory']);
    const server = serverOf(imported);
    assert.ok(server.kind === 'image');
    assert.deepEqual(server.isolation.volumes, [{ name: 'memdata', target: '/data', readOnly: false }]);
    assert.doesNotMatch(imported.carried.join(), /memdata|as it could before/);
    assert.match(leftOf(imported), /^the data in the volume memdata: .*the old one is untouched and still named memdata/);
  }
});

test('what cannot be told from its words stays where it is, with the reason', () => {
  for (const [args, why] of [
    [['run', '--entrypoint', 'sh', 'mcp/x'], /--entrypoint starts another program/],
    [['run', '--frobnicate', 'mcp/x'], /"--frobnicate" is no option/],
    [['run', '-i', '--rm'], /names no image/],
    [['exec', '-i', 'box', 'server'], /"docker exec" starts no image/],
    [['compose', 'run', 'x'], /"docker compose" starts no image/],
    [['run', 'NOT AN IMAGE'], /is not a reference of an image/],
    [['run', 'mcp/pg', '${DATABASE_URL}'], /\$\{DATABASE_URL\} has a placeholder/],
    [['run', 'mcp/pg', ['postgres://me:', 'hunter2x@db.example/app'].join('')], /one of its arguments is a secret/],
    [['run', 'mcp/x', '--api-key', ['k9f8e7d6c5b', '4a39281706'].join('')], /one of its arguments is a secret/],
    [['run', 'mcp/x', `--token=${['k9f8e7d6c5b', '4a39281706'].join('')}`], /one of its arguments is a secret/],
    [['mcp', 'gateway', 'run'], /it is a gateway itself/],
  ] as const) {
    const imported = docker(args);
    assert.match(whyLeft(imported), why, args.join(' '));
  }
});

test('an address of this computer is named, since a container finds itself there', () => {
  const imported = docker(['run', '-e', 'DB', '-e', 'API', 'mcp/x'], {
    env: { DB: 'postgres://db.example/app', API: 'http://localhost:3000/v1' },
  });
  assert.match(leftOf(imported), /^"localhost" in API: in a container it is the container itself/);
});

test("variables that reached docker's command alone are named, and those in -e A=${A} are found", () => {
  const imported = docker(['run', '-e', 'A=${A}', '-e', 'B', '-e', 'C_TOKEN', 'mcp/x'], { env: { A: '1', DOCKER_HOST: 'tcp://box:2375' } });
  const server = serverOf(imported);
  assert.ok(server.kind === 'image');
  assert.deepEqual(
    server.secrets.map(({ env, reference }) => [env, reference]),
    [
      ['C_TOKEN', 'secret://it.C_TOKEN'],
      ['A', 'env://A'],
      ['B', 'env://B'],
    ],
  );
  assert.match(leftOf(imported), /DOCKER_HOST: it reached the docker command alone/);
});
