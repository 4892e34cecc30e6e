import assert from 'node:assert/strict';
import { test } from 'node:test';

import { anonymous, type Private } from '../../../src/cli/doctor/anonymous.ts';

const nobody: Private = { homes: [], folder: null, users: [], hosts: [], docker: [], secrets: [] };
const somebody: Private = {
  homes: ['/home/you', '/data/homes/you'],
  folder: '/srv/customer-x',
  users: ['you', ''],
  hosts: ['box7.example.test'],
  docker: [],
  secrets: [],
};

test('homes, the folder, the user and the computer are not told', () => {
  const text = '/home/you/.codex and /data/homes/you, /srv/customer-x/a.yaml; you@BOX7 says box7.example.test, You';
  assert.equal(anonymous(text, somebody), '~/.codex and ~, [folder]/a.yaml; [user]@[host] says [host], [user]');
});

test('only whole names are meant', () => {
  assert.equal(anonymous('bayou young /home/young', somebody), 'bayou young /home/young');
  assert.equal(anonymous('runs as root on localhost', { ...nobody, users: ['root'], hosts: ['localhost'] }), 'runs as root on localhost');
});

test('a home is left out in the form that Windows and JSON have', () => {
  const homes = ['C:\\Users\\you'];
  assert.equal(anonymous('C:\\Users\\you\\x and c:\\\\users\\\\you\\\\x', { ...nobody, homes }), '~\\x and ~\\\\x');
});

test('addresses lose who asks and what is asked', () => {
  for (const [address, shown] of [
    ['https://me:word@a.test/mcp?key=1#x', 'https://a.test/mcp?…'],
    ['postgres://app:pa/ss@w?ord@db.test/x', 'postgres://db.test/x'],
    ['"https://a.test/?key=1",', '"https://a.test/?…",'],
    ['https://a.test/mcp#token=1', 'https://a.test/mcp?…'],
    ['unix:///var/run/docker.sock', 'unix:///var/run/docker.sock'],
  ] as const) {
    assert.equal(anonymous(address, nobody), shown);
  }
});

test("the address of another computer's Docker is not told", () => {
  const docker = ['tcp://build.example.test:2375', 'build.example.test'];
  assert.equal(
    anonymous('Docker is at tcp://build.example.test:2375; build.example.test is away', { ...nobody, docker }),
    'Docker is at [docker]; [docker] is away',
  );
});

test('names of secrets are not told, but for plain words that stand in any sentence', () => {
  const secrets = ['customer.token', 'token', 'customer'];
  assert.equal(anonymous('customer.token and the token of customer-x', { ...nobody, secrets }), '[name] and the token of customer-x');
});
