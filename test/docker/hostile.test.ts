import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';

import { docker } from '../support/dockerLane.ts';
import { hostileImages, startAttack } from '../support/hostileLane.ts';
import { sampleTags } from '../support/images.ts';
import { containersOf, makeHome } from '../support/wharfHome.ts';

before(hostileImages);

type Outcomes = Readonly<Record<string, string>>;

/** Where hosts and engines keep what a server must never see. */
const foreignPaths = [
  '/etc/shadow',
  '/proc/1/root/etc/shadow',
  '/proc/1/root/var/run/docker.sock',
  '/proc/kcore',
  '/proc/keys',
  '/host',
  '/hostfs',
  '/rootfs',
  '/mnt/host',
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/podman/podman.sock',
  '/var/lib/docker',
  '/var/lib/docker/volumes',
  '/run/secrets',
  '/run/wharf-secrets',
  '/root/.ssh',
  '/root/.codex',
  '/root/.docker/config.json',
  '/root/.config/wharf',
  '/var/run/secrets/kubernetes.io/serviceaccount/token',
  '/dev/mem',
  '/dev/kmem',
  '/dev/port',
  '/dev/kmsg',
  '/dev/sda',
  '/dev/vda',
  '/dev/nvme0n1',
  '/dev/dm-0',
  '/dev/kvm',
  '/dev/fuse',
  '/dev/net/tun',
  '/sys/firmware',
  '/sys/kernel/debug',
  '/sys/kernel/security',
];

/** To be able to write here would be a way out, or a way to stop the computer. */
const kernelFiles = [
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/kernel/modprobe',
  '/proc/sys/vm/overcommit_memory',
  '/proc/sys/fs/binfmt_misc/register',
  '/proc/sysrq-trigger',
  '/proc/irq/default_smp_affinity',
  '/proc/bus/pci/devices',
  '/sys/kernel/uevent_helper',
  '/sys/fs/cgroup/release_agent',
  '/sys/fs/cgroup/memory/release_agent',
  '/sys/fs/cgroup/memory.max',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes',
  '/sys/fs/cgroup/pids/pids.max',
  '/sys/fs/cgroup/devices/devices.allow',
  '/sys/power/state',
  '/sys/block',
  '/etc/passwd',
  '/etc/hosts',
  '/etc/resolv.conf',
  '/app/main.mjs',
];

function gotten(outcomes: Outcomes): Outcomes {
  return Object.fromEntries(Object.entries(outcomes).filter(([, outcome]) => outcome.startsWith('got')));
}

test('a hostile server reads no file of the host, no device, and nothing of its neighbour', async (t) => {
  const canary = ['canary', randomUUID()];
  const word = canary.join('-');
  // What is proven here is the container; the output scan would mask the word.
  const open = ['network: none', 'share: session', 'output: off'];
  const attack = await startAttack(t, { secret: { name: 'NEIGHBOUR_TOKEN', value: word }, neighbour: open, wharf: ['output: off'] });
  await writeFile(join(attack.home.project, 'canary.txt'), word);
  assert.match(await attack.client.callText('environment'), new RegExp(word), 'the neighbour has its secret');
  const paths = [...foreignPaths, attack.home.home, attack.home.project, attack.home.locations.runtimeFolder];
  const read = (await attack.tell('read_paths', { paths })) as Outcomes;
  assert.equal(Object.keys(read).length, paths.length);
  // The engine hides some by an empty folder or an empty device of its own.
  assert.deepEqual(
    Object.entries(gotten(read)).filter(([, outcome]) => outcome !== 'got 0 bytes' && outcome !== 'got folder: '),
    [],
  );
  const search = (await attack.tell('find_word', { parts: [`${canary[0]}-`, canary[1]] })) as {
    found: readonly string[];
    programs: readonly string[];
  };
  assert.deepEqual(search.found, []);
  assert.deepEqual(
    search.programs.filter((path) => !['/usr/local/bin/node', '/sbin/docker-init', 'hidden'].includes(path)),
    [],
    'only its own processes are seen',
  );
  const devices = ((await attack.tell('read_paths', { paths: ['/dev'] })) as Outcomes)['/dev'] ?? '';
  const usual = 'console core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' ');
  assert.deepEqual(
    devices
      .replace('got folder: ', '')
      .split(' ')
      .filter((name) => !usual.includes(name)),
    [],
  );
  await attack.assertUnharmed();
});

test('a hostile server gets nothing from the kernel: no device, mount, namespace, key, module, clock or raw packet', async (t) => {
  const attack = await startAttack(t);
  const kernel = (await attack.tell('try_kernel')) as Outcomes;
  assert.ok(Object.keys(kernel).length > 20);
  assert.deepEqual(gotten(kernel), {});
  for (const [what, outcome] of Object.entries(kernel)) {
    // "No such process" is the honest answer about what is not in its own namespace.
    assert.match(outcome, what === 'trace a process outside' ? /^(?:EPERM|ESRCH)$/ : /^(?:EPERM|EACCES|ENOSYS)$/, `${what}: ${outcome}`);
  }
  const written = (await attack.tell('write_paths', { paths: kernelFiles })) as Outcomes;
  assert.deepEqual(gotten(written), {});
  await attack.assertUnharmed();
});

const metadata = { host: '169.254.169.254', port: 80 };

/** A port of this computer, as any service of its user has one. */
async function hostPort(t: TestContext): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).end('host'));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** The address of this computer on the engine's default bridge. */
async function bridgeAddress(): Promise<string> {
  const { IPAM } = (await docker.getNetwork('bridge').inspect()) as { IPAM: { Config: readonly { Gateway?: string; Subnet: string }[] } };
  const [{ Gateway: gateway, Subnet: subnet } = { Subnet: '' }] = IPAM.Config;
  return gateway ?? subnet.replace(/\d+\/\d+$/, '1');
}

test('without a network a hostile server reaches no metadata, no host, no other container and no name', async (t) => {
  const attack = await startAttack(t);
  const port = await hostPort(t);
  const targets = [metadata, { host: await bridgeAddress(), port }, { host: '192.0.2.1', port: 443 }, { host: '172.17.0.3', port: 7_777 }];
  const outcomes = (await attack.tell('connect', { targets })) as Outcomes;
  assert.deepEqual(new Set(Object.values(outcomes)), new Set(['ENETUNREACH']));
  assert.deepEqual(Object.values((await attack.tell('connect', { targets: [{ host: '127.0.0.1', port }] })) as Outcomes), ['ECONNREFUSED']);
  assert.match(await attack.client.callText('resolve', { name: 'registry.example' }), /^(?:EAI_AGAIN|ENOTFOUND)$/);
  await attack.assertUnharmed();
});

/** Two servers of the open network, one of which listens, and one without a network that listens too. */
const openProfile = `version: 1
servers:
  - image: ${sampleTags.hostile}
    name: hostile
    wharf: { network: open }
  - image: ${sampleTags.hostile}
    name: listener
    snapshot: { server: { command: ["--mode=listen=7777"] } }
    wharf: { network: open }
  - image: ${sampleTags.hostile}
    name: closed
    snapshot: { server: { command: ["--mode=listen=7777"] } }
    wharf: { network: none }
`;

test('with an open network a hostile server reaches what SECURITY.md says, and no server that has none', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', openProfile);
  const client = await home.session('dev');
  const { pid } = await home.status();
  const facts = await Promise.all((await containersOf(pid)).map((id) => docker.getContainer(id).inspect()));
  const of = (name: string): (typeof facts)[number] | undefined => facts.find(({ Config }) => Config.Labels['wharf.server'] === name);
  assert.deepEqual(Object.keys(of('closed')?.NetworkSettings.Networks ?? {}), ['none']);
  const host = { host: await bridgeAddress(), port: await hostPort(t) };
  const other = { host: of('listener')?.NetworkSettings.Networks['bridge']?.IPAddress ?? '', port: 7_777 };
  const targets = [metadata, host, other];
  const outcomes = JSON.parse(await client.callText('connect', { targets })) as Outcomes;
  t.diagnostic(JSON.stringify(outcomes));
  // Not defended, and said so: the engine's default bridge leads to the host's ports and to other servers that are open.
  assert.equal(outcomes[`${host.host}:${host.port}`], 'got a connection');
  assert.equal(outcomes[`${other.host}:${other.port}`], 'got a connection');
});
