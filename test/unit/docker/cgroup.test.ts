import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCgroup } from '../../support/cgroup.ts';

function reader(files: Readonly<Record<string, string>>): (path: string) => Promise<string | undefined> {
  return (path) => Promise.resolve(files[path.replace('/sys/fs/cgroup/', '')]);
}

test('the limits of a cgroup v1 layout are read', async () => {
  const files = {
    'memory/memory.limit_in_bytes': '2147483648\n',
    'memory/memory.memsw.limit_in_bytes': '2147483648\n',
    'cpu/cpu.cfs_quota_us': '100000\n',
    'cpu/cpu.cfs_period_us': '100000\n',
    'pids/pids.max': '256\n',
  };
  assert.deepEqual(await readCgroup(reader(files)), { version: 1, memory: 2 ** 31, memoryAndSwap: 2 ** 31, cpus: 1, pids: 256 });
});

test('a cgroup v1 layout without limits has none', async () => {
  const files = {
    'memory/memory.limit_in_bytes': '9223372036854771712\n',
    'memory/memory.memsw.limit_in_bytes': '9223372036854771712\n',
    'cpu/cpu.cfs_quota_us': '-1\n',
    'cpu/cpu.cfs_period_us': '100000\n',
    'pids/pids.max': 'max\n',
  };
  assert.deepEqual(await readCgroup(reader(files)), { version: 1, memory: null, memoryAndSwap: null, cpus: null, pids: null });
});

test('the limits of a cgroup v2 layout are read, where swap is counted apart', async () => {
  const files = { 'memory.max': '2147483648\n', 'memory.swap.max': '0\n', 'cpu.max': '150000 100000\n', 'pids.max': '256\n' };
  assert.deepEqual(await readCgroup(reader(files)), { version: 2, memory: 2 ** 31, memoryAndSwap: 2 ** 31, cpus: 1.5, pids: 256 });
});

test('a cgroup v2 layout without limits has none', async () => {
  const files = { 'memory.max': 'max\n', 'memory.swap.max': 'max\n', 'cpu.max': 'max 100000\n', 'pids.max': 'max\n' };
  assert.deepEqual(await readCgroup(reader(files)), { version: 2, memory: null, memoryAndSwap: null, cpus: null, pids: null });
});
