import assert from 'node:assert/strict';
import { test } from 'node:test';

import { containerLabels, ownerFromLabels } from '../../../src/core/container/labels.ts';
import { containerSpec, defaultLimits } from '../../../src/core/container/spec.ts';
import { closedContainer, serverDefaults, type ImageServer } from '../../../src/core/profile/profile.ts';

const server: ImageServer = {
  ...serverDefaults,
  ...closedContainer,
  kind: 'image',
  name: 'fetch',
  image: 'mcp/fetch@sha256:abc',
  command: ['--stdio'],
  tools: null,
  line: 1,
};

const open = { kind: 'open', isChosen: false } as const;

const owner = { machine: '00ff', boot: 'b-1', pid: 42, startedAt: '123456' };

test('a server whose profile says nothing gets 1 CPU, 2 GB, and two folders in memory', () => {
  const spec = containerSpec(server, {});
  assert.deepEqual([spec.cpus, spec.memory, spec.network.kind, spec.command], [1, 2 * 1024 ** 3, 'none', ['--stdio']]);
  assert.ok(spec.pids > 0 && spec.pids <= 1024);
  assert.deepEqual(Object.keys(spec.tmpfs).sort(), ['/home/wharf', '/tmp']);
  assert.deepEqual(spec.env, { HOME: '/home/wharf' });
});

test("the profile's limits and variables go before the defaults", () => {
  const spec = containerSpec({ ...server, limits: { cpus: 0.5 }, env: { HOME: '/data', A: 'b' }, network: open }, {});
  assert.deepEqual([spec.cpus, spec.memory, spec.network.kind], [0.5, defaultLimits.memory, 'open']);
  assert.deepEqual(spec.env, { HOME: '/data', A: 'b' });
});

test("the gateway's own settings are for entries that are silent, and its closed network is for all", () => {
  const defaults = { cpus: 2, memory: 512, maxInstances: 4 };
  assert.deepEqual([containerSpec(server, {}, defaults).cpus, containerSpec(server, {}, defaults).memory], [2, 512]);
  const own: ImageServer = { ...server, limits: { cpus: 0.5, memory: 1024 }, network: open };
  const spec = containerSpec(own, {}, defaults);
  assert.deepEqual([spec.cpus, spec.memory, spec.network.kind], [0.5, 1024, 'open']);
  assert.equal(containerSpec(own, {}, { blockNetwork: true }).network.kind, 'none');
  assert.equal(containerSpec(server, {}, { blockNetwork: false }).network.kind, 'none');
});

test('whose a container is can be read back from its labels', () => {
  const labels = containerLabels(owner, { profile: 'dev', server: 'fetch' });
  assert.deepEqual(ownerFromLabels(labels), owner);
  assert.deepEqual(containerSpec(server, labels).labels, labels);
  assert.ok(Object.values(labels).every((value) => typeof value === 'string'));
});

test('where the start time is not known, the rest still tells whose it is', () => {
  const { 'wharf.owner.started': _unknown, ...labels } = containerLabels(owner, { profile: 'dev', server: 'fetch' });
  assert.deepEqual(ownerFromLabels(labels), { ...owner, startedAt: '' });
});

test("a container that is not Wharf's has no owner, so that nobody removes it", () => {
  const labels = containerLabels(owner, { profile: 'dev', server: 'fetch' });
  const others: Readonly<Record<string, string>>[] = [
    {},
    { ...labels, 'wharf.managed': 'false' },
    { ...labels, 'wharf.owner.pid': '' },
    { ...labels, 'wharf.owner.pid': '0' },
    { ...labels, 'wharf.owner.pid': '-1' },
    { ...labels, 'wharf.owner.pid': '12x' },
    Object.fromEntries(Object.entries(labels).filter(([key]) => key !== 'wharf.machine')),
    Object.fromEntries(Object.entries(labels).filter(([key]) => key !== 'wharf.boot')),
  ];
  for (const other of others) {
    assert.equal(ownerFromLabels(other), undefined, JSON.stringify(other));
  }
});
