import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { ContainerSpec } from '../../src/core/container/spec.ts';
import type { ServerProcess } from '../../src/core/ports.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { checkMounts } from '../../src/node/mountSources.ts';
import { containersOn, endpoint, probeSpec, startServer, testOwner } from '../support/dockerEngine.ts';
import { docker, probeImage } from '../support/dockerLane.ts';
import { nodeInImage } from '../../scripts/nodeFiles.ts';
import { buildImage, sampleTags } from '../support/images.ts';
import { toolText } from '../support/probeCalls.ts';

before(probeImage);

const owner = testOwner();
const engine = new DockerEngine(endpoint, owner.machine, () => true);

async function start(t: TestContext, more: Partial<ContainerSpec> = {}): Promise<ServerProcess> {
  const server = await startServer(t, engine, { ...probeSpec(owner), ...more });
  t.after(() => server.stop());
  return server;
}

async function facts(server: ServerProcess, tool: string, args: object = {}): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await toolText(server, tool, args)) as Readonly<Record<string, unknown>>;
}

test('an image that says root runs as nobody, with the system calls filtered, no capability and no way to get one', async (t) => {
  const server = await start(t);
  const { uid, capEff, capBnd, noNewPrivs, seccomp } = await facts(server, 'try_capability');
  assert.deepEqual([uid, noNewPrivs, seccomp], ['65532', '1', '2']);
  assert.match(`${String(capEff)}${String(capBnd)}`, /^0+$/);
  const status = await toolText(server, 'read_file', { path: '/proc/self/status' });
  assert.deepEqual(
    [...status.matchAll(/^Cap\w+:\s*(\w+)$/gm)].map(([, bits]) => Number.parseInt(bits ?? '1', 16)),
    [0, 0, 0, 0, 0],
  );
  assert.match(await toolText(server, 'read_file', { path: '/proc/self/limits' }), /^Max core file size\s+0\s+0\s/m);
});

test('a user that the profile or the image names is kept, and root has no capability either', async (t) => {
  const root = await start(t, { user: 'root' });
  assert.deepEqual((await facts(root, 'try_capability'))['attempts'], { chown: 'EPERM', setPriority: 'EACCES' });
  assert.equal((await facts(root, 'environment'))['uid'], 0);
  const named = await start(t, { user: '1000:1000' });
  assert.equal((await facts(named, 'environment'))['uid'], 1000);
  const one = await start(t, { user: 'root', capAdd: ['CHOWN'] });
  const { attempts, capBnd } = await facts(one, 'try_capability');
  assert.deepEqual([attempts, Number.parseInt(String(capBnd), 16)], [{ chown: 'allowed', setPriority: 'EACCES' }, 1]);
});

test('an image cannot say root in other words: a number with zeros, or a name that its own list gives the number of root', async (t) => {
  const passwd = 'root:x:0:0::/:/\ntoor:x:0:0::/:/\n toor:x:1000:0::/:/\nhex:x:0x3e8:0::/:/\napp:x:1234:1234::/:/\n';
  const image = async (user: string): Promise<string> => {
    const tag = `wharf-test/user-${user.replace(/\W/g, '-')}:1`;
    const files = [{ path: 'passwd', mode: 0o644, data: Buffer.from(passwd) }];
    const lines = [`FROM ${sampleTags.probe}`, 'COPY passwd /etc/passwd', `USER ${user}`];
    const { id } = await buildImage({ tag, lines, files }, docker);
    t.after(() =>
      docker
        .getImage(id)
        .remove({ force: true })
        .catch(() => undefined),
    );
    return tag;
  };
  const before = await containersOn(owner);
  for (const [user, uid] of [
    ['00', 65_532],
    ['+0:0', 65_532],
    ['toor', 65_532],
    ['hex', 65_532],
    ['absent', 65_532],
    ['app', 1234],
  ] as const) {
    const server = await start(t, { image: await image(user) });
    assert.equal((await facts(server, 'environment'))['uid'], uid, user);
    await server.stop();
  }
  const disguised = await engine.start({ ...probeSpec(owner), image: await image('app'), user: 'toor' });
  assert.match(disguised.ok ? '' : (disguised.problem.detail ?? ''), /"toor" is root; say "user: root"/);
  assert.deepEqual(await containersOn(owner), before, 'what only lists users is removed');
});

test('it sees no process, no device, no log and no cgroup of the host, and cannot change the kernel', async (t) => {
  const server = await start(t);
  const { ppid } = await facts(server, 'environment');
  assert.equal(ppid, 1, 'its parent is the init of its own container');
  const names = (await toolText(server, 'list_folder', { path: '/dev' })).split('\n').filter((name) => name !== 'core');
  assert.deepEqual(names.sort(), 'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' '));
  for (const path of ['/proc/1/root/etc/shadow', '/proc/kcore', '/dev/kmsg', '/var/run/docker.sock', '/etc/shadow']) {
    assert.match(await toolText(server, 'read_file', { path }), /ENOENT|EACCES|EPERM|^$/, path);
  }
  for (const path of ['/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/sys/kernel/uevent_helper', '/proc/self/oom_score_adj']) {
    assert.match(
      await toolText(server, 'write_file', { path, text: path.endsWith('adj') ? '-500' : 'x' }),
      /EROFS|EACCES|ENOENT|EPERM/,
      path,
    );
  }
  const { HostConfig: host } = await docker.getContainer(server.id).inspect();
  assert.deepEqual([host.Privileged, host.PidMode, host.UTSMode, host.UsernsMode, host.IpcMode], [false, '', '', '', 'private']);
  assert.deepEqual([host.Devices ?? [], host.SecurityOpt], [[], ['no-new-privileges']]);
  assert.match(await toolText(server, 'read_file', { path: '/proc/self/cgroup' }), /^(?:\d+:[^:]*:\/\n?)+$/);
});

test('folders in memory are what was granted: with or without programs, a writable root, more shared memory', async (t) => {
  const server = await start(t, {
    tmpfs: { '/data': { size: 1024 ** 2, exec: false }, '/run-here': { size: 1024 ** 2, exec: true } },
    writableRoot: true,
    user: 'root',
    shm: 256 * 1024 ** 2,
  });
  assert.equal(await toolText(server, 'write_file', { path: '/data/x', text: 'x' }), 'wrote /data/x');
  assert.equal(await toolText(server, 'write_file', { path: '/new', text: 'x' }), 'wrote /new');
  assert.match(await toolText(server, 'write_file', { path: '/data/big', text: 'x'.repeat(2 * 1024 ** 2) }), /ENOSPC/);
  const mounts = await toolText(server, 'mounts');
  assert.match(mounts, / \/data rw,nosuid,nodev,noexec\S* /);
  assert.match(mounts, / \/run-here rw,nosuid,nodev(?:,relatime)? /);
  assert.match(mounts, / \/dev\/shm .*size=262144k/);
});

/** A folder of a user of this computer, with keys beside it. */
async function makeHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'wharf-mounted-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  await chmod(home, 0o755);
  for (const folder of ['.ssh', 'data', 'project']) {
    await mkdir(join(home, folder));
  }
  await writeFile(join(home, '.ssh', 'id_ed25519'), 'the key');
  await writeFile(join(home, 'data', 'file.txt'), 'the data');
  return home;
}

test('a mounted folder can be read and not written, unless that was granted, and nothing beside it is seen', async (t) => {
  const home = await makeHome(t);
  await chown(join(home, 'project'), 65_532, 65_532);
  await symlink('../.ssh/id_ed25519', join(home, 'data', 'link'));
  const context = { server: 'probe', home, workspace: join(home, 'project'), isEngineLocal: true, closed: [] };
  const wanted = [
    { source: '~/data', target: '/data', readOnly: true },
    { source: '${workspace}', target: '/work', readOnly: false },
  ];
  const mounts = await checkMounts(wanted, context);
  assert.ok(mounts.ok);
  const server = await start(t, { mounts: mounts.value, user: '65532:65532' });
  assert.equal(await toolText(server, 'read_file', { path: '/data/file.txt' }), 'the data');
  assert.match(await toolText(server, 'write_file', { path: '/data/new', text: 'x' }), /EROFS/);
  assert.equal(await toolText(server, 'write_file', { path: '/work/new', text: 'made' }), 'wrote /work/new');
  assert.equal(await readFile(join(home, 'project', 'new'), 'utf8'), 'made');
  for (const path of ['/data/link', '/data/../.ssh/id_ed25519', '/work/../.ssh/id_ed25519', join(home, '.ssh', 'id_ed25519')]) {
    assert.match(await toolText(server, 'read_file', { path }), /ENOENT/, path);
  }
  const table = await toolText(server, 'mounts');
  assert.match(table, / \/data ro\S* (?!shared)/);
  assert.doesNotMatch(table, / \/(?:data|work) \S+ shared:/);
});

test('what git and editors run of a writable folder is neither written, nor renamed away, nor made, nor left with another owner', async (t) => {
  const home = await makeHome(t);
  const project = join(home, 'project');
  await mkdir(join(project, '.git', 'hooks'), { recursive: true });
  const context = { server: 'probe', home, workspace: project, isEngineLocal: true, closed: [] };
  const mounts = await checkMounts([{ source: '${workspace}', target: '/work', readOnly: false }], context);
  assert.ok(mounts.ok);
  const server = await start(t, { mounts: mounts.value, user: 'root' });
  const attempts = `
    const fs = require('node:fs');
    const said = (run) => { try { run(); return 'done'; } catch (error) { return error.code; } };
    console.log(JSON.stringify(['.git', '.codex', '.vscode', '.devcontainer'].flatMap((part) => [
      said(() => fs.writeFileSync('/work/' + part + '/commondir', 'x')),
      said(() => fs.renameSync('/work/' + part, '/work/.away')),
      said(() => fs.rmdirSync('/work/' + part)),
      said(() => fs.mkdirSync('/work/' + part + '/made')),
    ])));
    fs.writeFileSync('/work/made', 'x');`;
  const { stdout } = await promisify(execFile)('docker', ['exec', server.id, `/${nodeInImage}`, '-e', attempts]);
  const refused = ['EROFS', 'EBUSY', 'EBUSY', 'EROFS'];
  assert.deepEqual(JSON.parse(stdout), [...refused, ...refused, ...refused, ...refused]);
  assert.equal(await readFile(join(project, 'made'), 'utf8'), 'x', 'the rest may be written');
  assert.deepEqual((await readdir(project)).sort(), ['.codex', '.devcontainer', '.git', '.vscode', 'made']);
  for (const part of ['.codex', '.devcontainer', '.vscode']) {
    assert.equal((await stat(join(project, part))).uid, process.getuid?.());
  }
});

test('a source that is gone is not made, and the server is not started', async (t) => {
  const home = await makeHome(t);
  const source = join(home, 'gone');
  const before = await containersOn(owner);
  const started = await engine.start({ ...probeSpec(owner), mounts: [{ source, target: '/data', readOnly: true }] });
  assert.ok(!started.ok);
  assert.equal(started.problem.code, 'WHARF_DOCKER_FAILED');
  assert.match(started.problem.detail ?? '', /does not exist/);
  await assert.rejects(readFile(source), /ENOENT/);
  assert.deepEqual(await containersOn(owner), before);
});
