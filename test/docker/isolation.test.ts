import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { readCgroup } from '../support/cgroup.ts';
import { docker, probeImage, probeProfile } from '../support/dockerLane.ts';
import type { McpClient } from '../support/mcpClient.ts';
import { containersOf, makeHome } from '../support/wharfHome.ts';

before(probeImage);

const gibibyte = 1024 ** 3;

/** What the probe reads, or undefined when there is no such file. */
async function readInside(client: McpClient, path: string): Promise<string | undefined> {
  const { result } = (await client.callTool('read_file', { path })) as {
    result?: { content: readonly { text: string }[]; isError?: boolean };
  };
  return result?.isError === true ? undefined : result?.content[0]?.text;
}

async function insideJson(client: McpClient, tool: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await client.callText(tool)) as Readonly<Record<string, unknown>>;
}

test('a container has what DESIGN promises, as the engine itself tells it', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({ wharf: ['network: open'] }));
  await home.session('dev');
  const { pid } = await home.status();
  const ids = await containersOf(pid);
  assert.equal(ids.length, 1);
  const { HostConfig: host, Config: config, Mounts: mounts } = await docker.getContainer(ids[0] ?? '').inspect();
  assert.equal(host.NanoCpus, 1e9);
  assert.equal(host.Memory, 2 * gibibyte);
  assert.equal(host.MemorySwap, host.Memory);
  assert.deepEqual(host.CapDrop, ['ALL']);
  assert.equal(host.CapAdd, null);
  assert.deepEqual(host.SecurityOpt, ['no-new-privileges']);
  assert.equal(host.Privileged, false);
  assert.equal(host.ReadonlyRootfs, true);
  assert.equal(host.Binds, null);
  assert.deepEqual(mounts, []);
  assert.equal(host.PidsLimit, 256);
  assert.equal(host.AutoRemove, true);
  assert.equal(host.Init, true);
  assert.equal(host.LogConfig?.Type, 'none');
  assert.equal(host.NetworkMode, 'bridge');
  assert.equal(host.PidMode, '');
  assert.deepEqual(host.PortBindings ?? {}, {});
  assert.equal(config.StdinOnce, true);
  assert.equal(config.Labels['wharf.managed'], 'true');
  assert.equal(config.Labels['wharf.profile'], 'dev');
  assert.equal(config.Labels['wharf.server'], 'probe');
  assert.equal(config.Labels['wharf.owner.pid'], String(pid));
});

test('limits of the profile go before the defaults, and the kernel holds them', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({ wharf: ['cpus: 0.5', 'memory: 512m', 'network: none'] }));
  const client = await home.session('dev');
  const limits = await readCgroup((path) => readInside(client, path));
  assert.deepEqual([limits.memory, limits.cpus, limits.pids], [gibibyte / 2, 0.5, 256]);
});

test('from inside, the kernel gives 1 CPU, 2 GB without swap, no capability, no host folder and no way to the root', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const client = await home.session('dev');

  await t.test('the cgroup holds the limits', async () => {
    const limits = await readCgroup((path) => readInside(client, path));
    assert.equal(limits.memory, 2 * gibibyte);
    assert.equal(limits.cpus, 1);
    assert.equal(limits.pids, 256);
    // An engine on a kernel without swap accounting has no such file: nothing to swap to is counted.
    assert.ok(limits.memoryAndSwap === 2 * gibibyte || limits.memoryAndSwap === null, `memory and swap: ${limits.memoryAndSwap}`);
  });

  await t.test('a write to the root fails, and one to /tmp and HOME works', async () => {
    for (const path of ['/x', '/app/x', '/etc/x', '/usr/local/bin/x', '/home/x']) {
      const { result } = (await client.callTool('write_file', { path, text: 'x' })) as {
        result: { isError?: boolean; content: readonly { text: string }[] };
      };
      assert.equal(result.isError, true, path);
      assert.match(result.content[0]?.text ?? '', /EROFS/, path);
    }
    for (const path of ['/tmp/x', '/home/wharf/x']) {
      assert.equal(await client.callText('write_file', { path, text: 'kept' }), `wrote ${path}`);
      assert.equal(await readInside(client, path), 'kept');
    }
  });

  await t.test('a capability cannot be used', async () => {
    const facts = await insideJson(client, 'try_capability');
    assert.deepEqual(facts['attempts'], { chown: 'EPERM', setPriority: 'EACCES' });
    assert.match(String(facts['capEff']), /^0+$/);
    assert.match(String(facts['capBnd']), /^0+$/);
    assert.equal(facts['noNewPrivs'], '1');
  });

  await t.test('no folder of the host is mounted', async () => {
    const lines = (await client.callText('mounts')).split('\n').filter((line) => line !== '');
    // proc(5): fields are id, parent, device, root, mount point, options, …, a dash, type, source.
    const mounts = lines.map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      return { point: before.split(' ')[4] ?? '', type: after.split(' ')[0] ?? '', options: before.split(' ')[5] ?? '' };
    });
    const disk = mounts.filter(({ type }) => !['proc', 'tmpfs', 'devpts', 'sysfs', 'cgroup', 'cgroup2', 'mqueue'].includes(type));
    // The engine's own: the root, its three small files, and the init program.
    assert.deepEqual(
      disk
        .map(({ point }) => point)
        .filter((point) => !['/', '/etc/resolv.conf', '/etc/hostname', '/etc/hosts', '/sbin/docker-init'].includes(point)),
      [],
    );
    assert.match(disk.find(({ point }) => point === '/')?.options ?? '', /^ro\b/);
    const folders = mounts.filter(({ point }) => ['/tmp', '/home/wharf'].includes(point));
    assert.deepEqual(
      folders.map(({ type }) => type),
      ['tmpfs', 'tmpfs'],
    );
  });

  await t.test('the environment holds what was given and nothing else', async () => {
    const { env } = (await insideJson(client, 'environment')) as { env: Readonly<Record<string, string>> };
    const { HOSTNAME: _engine, PATH: _image, ...given } = env;
    assert.deepEqual(given, { HOME: '/home/wharf' });
  });

  await t.test('without a network there is only the loopback interface', async () => {
    const table = (await readInside(client, '/proc/net/dev')) ?? '';
    const names = [...table.matchAll(/^\s*([^\s:]+):/gm)].map((match) => match[1]);
    assert.deepEqual(
      names.filter((name) => name === 'lo'),
      ['lo'],
    );
    // Tunnel devices that the kernel puts into every network namespace are down and lead nowhere.
    assert.deepEqual(
      names.filter((name) => name?.startsWith('eth')),
      [],
    );
    assert.equal(((await readInside(client, '/proc/net/route')) ?? '').trim().split('\n').length, 1);
  });
});

test('with an open network there is one interface more', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({ wharf: ['network: open'] }));
  const client = await home.session('dev');
  assert.match((await readInside(client, '/proc/net/dev')) ?? '', /^\s*eth0:/m);
});
