import assert from 'node:assert/strict';
import { test } from 'node:test';

import { serverDefaults } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { refusalOf, serverOf } from './entries.ts';

const demo = { catalog_ref: 'builtin', name: 'demo' };
const native = { name: 'n', wharf: { native: { command: 'x' } } };
const remote = { endpoint: 'https://mcp.example.com/mcp' };

test('every setting of a server is read with its unit', () => {
  const wharf = { share: 'workspace', startTimeout: '2s', callTimeout: '5m', idleTimeout: '1h', onIdle: 'pause', maxInstances: 3 };
  const { share, startTimeoutMs, callTimeoutMs, idleTimeoutMs, onIdle, maxInstances } = serverOf({ image: 'x', wharf });
  assert.deepEqual(
    [share, startTimeoutMs, callTimeoutMs, idleTimeoutMs, onIdle, maxInstances],
    ['workspace', 2000, 300_000, 3_600_000, 'pause', 3],
  );
  assert.equal(serverOf({ image: 'x', wharf: { idleTimeout: 90 } }).idleTimeoutMs, 90_000);
  assert.equal(serverOf({ image: 'x', wharf: { callTimeout: '24h' } }).callTimeoutMs, 86_400_000);
});

test('a silent entry of any kind has the defaults', () => {
  for (const entry of [{ image: 'x' }, remote, native]) {
    const { kind: _kind, name: _name, tools: _tools, line: _line, ...said } = serverOf(entry);
    assert.deepEqual({ ...said, ...serverDefaults }, said);
  }
});

test('servers of every kind take the settings that do not depend on it', () => {
  for (const entry of [{ image: 'x' }, remote, demo, native]) {
    const more = 'wharf' in entry ? entry.wharf : {};
    const server = serverOf({ ...entry, wharf: { ...more, alias: 'mine', share: 'session', startTimeout: '7s', maxInstances: 1 } });
    assert.deepEqual([server.name, server.share, server.startTimeoutMs, server.maxInstances], ['mine', 'session', 7000, 1]);
  }
});

test('one running copy is shared by default where a catalogue says that it holds no state, and with the demo', () => {
  const snapshot = (server: object): object => ({ image: 'mcp/x', snapshot: { server } });
  const snapshotOfRemote = (server: object): object => ({ ...remote, type: 'remote', snapshot: { server } });
  for (const [expected, entry] of [
    ['user', snapshot({ name: 'x' })],
    ['user', snapshot({ longLived: false })],
    ['session', snapshot({ longLived: true })],
    ['session', { image: 'mcp/x', snapshot: {} }],
    ['session', { image: 'mcp/x', snapshot: null }],
    ['session', { image: 'mcp/x' }],
    ['user', snapshotOfRemote({ name: 'x' })],
    ['session', snapshotOfRemote({ longLived: true })],
    ['session', remote],
    ['user', demo],
    ['session', native],
  ] as const) {
    assert.equal(serverOf(entry).share, expected, JSON.stringify(entry));
  }
  assert.equal(serverOf({ ...snapshot({ longLived: true }), wharf: { share: 'user' } }).share, 'user');
  assert.match(refusalOf(snapshot({ longLived: 'yes' }), '"yes"'), /"longLived" is neither true nor false/);
});

test('a setting that is not understood is refused at its place', () => {
  for (const [wharf, at, words] of [
    [{ share: 'everybody' }, '"everybody"', /wharf\.share is not user, workspace or session/],
    [{ callTimeout: '25h' }, '"25h"', /wharf\.callTimeout is not a time such as 30s or 2m, and at most 24h/],
    [{ idleTimeout: 0 }, '0', /wharf\.idleTimeout/],
    [{ startTimeout: [] }, '[]', /wharf\.startTimeout/],
    [{ onIdle: 'kill' }, '"kill"', /wharf\.onIdle is not stop or pause/],
    [{ maxInstances: 0 }, '0', /wharf\.maxInstances is not a whole number/],
    [{ maxInstances: 1.5 }, '1.5', /wharf\.maxInstances/],
    [{ maxInstances: '2' }, '"2"', /wharf\.maxInstances/],
    [{ share: null }, '{"share"', /wharf\.share has no value/],
    [
      { shares: 'user' },
      '"shares"',
      /no setting "shares" in this version; .*share, startTimeout.*network, cpus, memory, secretsAs, mounts/,
    ],
  ] as const) {
    assert.match(refusalOf({ image: 'x', wharf }, at), words);
  }
});

test('what cannot be held for a kind of server is refused, not passed over', () => {
  for (const entry of [remote, demo, native]) {
    const more = 'wharf' in entry ? entry.wharf : {};
    for (const setting of [{ network: 'none' }, { cpus: 1 }, { memory: '1g' }]) {
      assert.match(refusalOf({ ...entry, wharf: { ...more, ...setting } }), /has no setting/, JSON.stringify(setting));
    }
    assert.match(refusalOf({ ...entry, wharf: { ...more, onIdle: 'pause' } }, '"pause"'), /only a container can be paused/);
  }
});

test("a profile's own settings say how tools are named, and unknown ones are refused", () => {
  const read = (wharf: string): string => {
    const profile = readProfile(`version: 1\nwharf: ${wharf}\n`, 'dev.yaml');
    return profile.ok
      ? profile.value.toolNames
      : `${profile.problem.place?.line}:${profile.problem.place?.column} ${profile.problem.message}`;
  };
  assert.deepEqual(
    [read('{ toolNames: prefix }'), read('{ toolNames: plain }'), read('{}'), read('')],
    ['prefix', 'plain', 'plain', 'plain'],
  );
  assert.match(read('{ toolNames: both }'), /^2:21 .*wharf\.toolNames is not plain or prefix/);
  assert.match(read('{ toolnames: prefix }'), /^2:10 .*no setting "toolnames" in this version; it has toolNames/);
  assert.match(read('[]'), /^2:8 .*"wharf" is not a map/);
});
