import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ImageServer } from '../../../src/core/profile/profile.ts';
import { configMissing } from '../../../src/core/problems.ts';
import { readEntry, refusalOf, serverOf } from './entries.ts';

const docker = {
  name: 'files',
  command: ['--root', '{{files.paths|volume-target|into}}', '--level={{files.level}}'],
  volumes: ['{{files.paths|volume|into}}', '{{files.cache}}:/cache'],
  user: '{{files.user}}',
  env: [
    { name: 'FILES_URL', value: '{{files.url}}' },
    { name: 'FILES_MODE', value: 'plain' },
  ],
  config: [
    {
      name: 'files',
      type: 'object',
      properties: { paths: { type: 'array', items: { type: 'string' } }, url: { type: 'string' }, level: { type: 'string' } },
      required: ['paths'],
    },
  ],
};

function imageOf(config: object | undefined, snapshot: object = docker): ImageServer {
  const server = serverOf({ image: 'mcp/files', ...(config === undefined ? {} : { config }), snapshot: { server: snapshot } });
  assert.ok(server.kind === 'image');
  return server;
}

test("the configuration of an entry fills the templates of its catalogue's", () => {
  const server = imageOf({ paths: ['/data/a', '/data/b'], url: 'https://files.example/$x', level: 'read', user: '1000' });
  assert.deepEqual(server.command, ['--root', '/data/a', '/data/b', '--level=read']);
  assert.deepEqual(server.isolation.mounts, [
    { source: '/data/a', target: '/data/a', readOnly: true },
    { source: '/data/b', target: '/data/b', readOnly: true },
  ]);
  assert.equal(server.isolation.user, '1000');
  assert.deepEqual(server.env, { FILES_MODE: 'plain', FILES_URL: 'https://files.example/$x' });
  assert.deepEqual(server.missingConfig, []);
});

test('what has no value is left out, and what the server needs is named', () => {
  const server = imageOf(undefined);
  assert.deepEqual(server.command, ['--root', '--level=']);
  assert.deepEqual(server.isolation.mounts, []);
  assert.equal(server.isolation.user, null);
  assert.deepEqual(server.env, { FILES_MODE: 'plain' });
  assert.deepEqual(server.missingConfig, [{ key: 'paths', isList: true }]);
  const { next } = configMissing(server.name, [...server.missingConfig, { key: 'url', isList: false }], 'dev');
  assert.ok(next.includes(`--set '${server.name}.paths=["VALUE"]' --set ${server.name}.url=VALUE`), next);
});

test('hosts in values that the entry chose may be private ones; those of the catalogue may not', () => {
  assert.deepEqual(imageOf({ paths: [], url: 'http://10.0.0.5:8080' }).catalogEnv, ['FILES_MODE']);
});

test("a configured reference to a secret becomes the server's secret, and its value stands nowhere", () => {
  const server = imageOf({ paths: [], url: 'secret://files.url' });
  assert.deepEqual(server.secrets, [{ env: 'FILES_URL', reference: 'secret://files.url', as: 'env' }]);
  assert.equal(server.env['FILES_URL'], undefined);
});

test('a secret that would be a part of a longer text, or stand among the arguments, is refused', () => {
  const entry = (snapshot: object) => ({ image: 'mcp/files', config: { key: 'secret://k' }, snapshot: { server: snapshot } });
  assert.match(refusalOf(entry({ name: 'x', env: [{ name: 'A', value: 'Bearer {{x.key}}' }] })), /would be a part of the variable "A"/);
  assert.match(refusalOf(entry({ name: 'x', command: ['--key={{x.key}}'] })), /"command", where other programs see it/);
  assert.match(refusalOf(entry({ name: 'x', volumes: ['{{x.key}}:/a'] })), /"volumes", where other programs see it/);
});

test('a configuration of another type, or of a server without a catalogue, is refused at its place', () => {
  const entry = { image: 'mcp/files', config: { paths: '/data' }, snapshot: { server: docker } };
  assert.match(refusalOf(entry, '{"paths":"/data"}'), /"paths" is not a list of texts/);
  assert.match(refusalOf({ image: 'mcp/files', config: { a: 1 } }, '{"a":1}'), /no catalogue's entry/);
});

test('a value can break neither out of its mount nor out of its variable', () => {
  const mount = (path: string) => readEntry({ image: 'x', config: { paths: [path] }, snapshot: { server: docker } });
  for (const path of ['/data:/etc', '/data:rw', '../up', 'relative', '/a:/b:/c', '/proc']) {
    assert.equal(mount(path).ok, false, path);
  }
  assert.match(refusalOf({ image: 'x', config: { paths: [], url: 'a\0b' }, snapshot: { server: docker } }), /NUL character/);
});

test('a configured folder is there to read, and to change where the entry says so', () => {
  const entry = { image: 'x', config: { paths: ['${workspace}', '/data'] }, snapshot: { server: docker } };
  const server = serverOf({ ...entry, wharf: { mounts: ['${workspace}:${workspace}:rw'] } });
  assert.ok(server.kind === 'image');
  assert.deepEqual(server.isolation.mounts, [
    { source: '${workspace}', target: '${workspace}', readOnly: false },
    { source: '/data', target: '/data', readOnly: true },
  ]);
});

test('the project folder of the caller may be configured, and stands for itself until the server starts', () => {
  const server = imageOf({ paths: ['${workspace}', '~/notes'] });
  assert.deepEqual(server.isolation.mounts, [
    { source: '${workspace}', target: '${workspace}', readOnly: true },
    { source: '~/notes', target: '~/notes', readOnly: true },
  ]);
  assert.deepEqual(server.command, ['--root', '${workspace}', '~/notes', '--level=']);
});
