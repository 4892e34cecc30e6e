import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Mount } from '../../../src/core/profile/profile.ts';
import { checkMounts, type MountContext } from '../../../src/node/mountSources.ts';

/** A home with keys in it, a project, and a folder of data. */
async function makePlace(t: TestContext): Promise<MountContext & { readonly workspace: string }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'wharf-mounts-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, 'home');
  const workspace = join(home, 'project');
  for (const path of [
    '.ssh',
    '.config/gh',
    '.config/other',
    'data/inner',
    'wharf',
    'project/.codex',
    'project/src',
    'project/.git/hooks',
  ]) {
    await mkdir(join(home, path), { recursive: true });
  }
  await writeFile(join(home, '.ssh', 'id_ed25519'), 'key');
  await writeFile(join(home, 'data', 'file.txt'), 'text');
  return { server: 's', home, workspace, isEngineLocal: true, closed: [join(home, 'wharf')] };
}

const at = (source: string, more: Partial<Mount> = {}): Mount => ({ source, target: '/data', readOnly: true, ...more });

async function refusal(mount: Mount, context: MountContext): Promise<string> {
  const checked = await checkMounts([mount], context);
  return checked.ok ? `mounted ${checked.value.map(({ source }) => source).join()}` : `${checked.problem.code} ${checked.problem.message}`;
}

test('a folder of the home, of the project, and one by its path are mounted as they really are, read-only', async (t) => {
  const context = await makePlace(t);
  const { home, workspace } = context;
  for (const [source, real] of [
    ['~/data', join(home, 'data')],
    ['~/data/../data/inner/', join(home, 'data', 'inner')],
    [join(home, 'data', 'file.txt'), join(home, 'data', 'file.txt')],
    ['${workspace}', workspace],
    ['${workspace}/src', join(workspace, 'src')],
    ['~/.config/other', join(home, '.config', 'other')],
  ] as const) {
    assert.deepEqual(
      await checkMounts([at(source)], context),
      { ok: true, value: [{ source: real, target: '/data', readOnly: true }] },
      source,
    );
  }
});

test('credentials, what holds them, and places of the system are refused, whatever they are called', async (t) => {
  const context = await makePlace(t);
  const { home } = context;
  await mkdir(join(home, 'backup', '.aws'), { recursive: true });
  await mkdir(join(home, '.codex'));
  const refused = [
    '~ ~/ ~/.ssh ~/.ssh/id_ed25519 ~/.config ~/.config/gh ~/.codex ~/backup/.aws ~/wharf ~/project/../.ssh',
    `${home} ${join(home, '..')} / /etc /etc/passwd /proc /proc/1 /sys /dev /dev/null /run /var/run /var/lib /usr/bin`,
    '/home /tmp /var /bin ${workspace}/.. ${workspace}/../.ssh ${workspace}x relative ~other/x ~/absent ~/data\0',
  ];
  for (const source of refused.flatMap((row) => row.split(' '))) {
    assert.match(await refusal(at(source), context), /^WHARF_MOUNT_REFUSED /, source);
  }
});

test('a link is no way out of what the user named', async (t) => {
  const context = await makePlace(t);
  const { home, workspace } = context;
  await symlink(join(home, '.ssh'), join(workspace, 'keys'));
  await symlink(join(home, 'data'), join(workspace, 'away'));
  await symlink('src', join(workspace, 'near'));
  await symlink('/', join(home, 'data', 'root'));
  for (const source of [
    '${workspace}/keys',
    '${workspace}/away',
    '${workspace}/away/inner',
    '~/project/keys',
    '~/project/away',
    '~/data/root/etc',
    `${workspace}/keys`,
  ]) {
    assert.match(await refusal(at(source), context), /leads through a link|credentials/, source);
  }
  assert.equal(await refusal(at('${workspace}/near'), context), `mounted ${join(workspace, 'src')}`);
});

test('sockets, pipes and files with a second name are refused', async (t) => {
  const context = await makePlace(t);
  const { home, workspace } = context;
  const socket = join(home, 'data', 'engine.sock');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => server.close());
  await link(socket, join(workspace, 'soft.txt'));
  await link(join(home, '.ssh', 'id_ed25519'), join(workspace, 'readme.md'));
  execFileSync('mkfifo', [join(workspace, 'pipe')]);
  assert.match(await refusal(at('~/data/engine.sock'), context), /it is a socket/);
  assert.match(await refusal(at('${workspace}/soft.txt'), context), /it is a socket/);
  assert.match(await refusal(at('${workspace}/pipe'), context), /it is a pipe/);
  assert.match(await refusal(at('${workspace}/readme.md'), context), /second name/);
  assert.match(await refusal(at('~/data'), { ...context, closed: [socket] }), /socket of the engine/);
});

test('a project that is not trusted, an engine elsewhere, and targets that hide something are refused', async (t) => {
  const context = await makePlace(t);
  assert.match(await refusal(at('${workspace}'), { ...context, workspace: null }), /trusted/);
  assert.match(await refusal(at('~/data'), { ...context, isEngineLocal: false }), /^WHARF_MOUNT_ELSEWHERE/);
  assert.deepEqual(await checkMounts([], { ...context, isEngineLocal: false }), { ok: true, value: [] });
  for (const target of ['/', 'data', '/a/../b', '/a//b', '/proc', '/proc/x', '/sys', '/dev/shm', '/run', '/run/wharf-secrets/x', '/sbin']) {
    assert.match(await refusal(at('~/data', { target }), context), /target/, target);
  }
  const twice = await checkMounts([at('~/data'), at('${workspace}')], context);
  assert.match(twice.ok ? '' : twice.problem.message, /twice/);
});

test('a server that may write to a folder may not write what programs outside would run there, be it there or not yet', async (t) => {
  const context = await makePlace(t);
  const { home, workspace } = context;
  const writable = async (source: string, ...more: readonly Mount[]): Promise<readonly (readonly [string, boolean])[]> => {
    const checked = await checkMounts([at(source, { readOnly: false, target: '/work' }), ...more], context);
    assert.ok(checked.ok);
    return checked.value.map(({ source: real, target, readOnly }) => [`${real} ${target}`, readOnly] as const);
  };
  const guard = (folder: string, part: string): readonly [string, boolean] => [`${join(folder, part)} /work/${part}`, true];
  const settings = ['.codex', '.vscode', '.devcontainer'];
  assert.deepEqual(await writable('${workspace}'), [
    [`${workspace} /work`, false],
    ...['.git', ...settings].map((part) => guard(workspace, part)),
  ]);
  assert.deepEqual(await readdir(join(workspace, '.vscode')), []);
  const data = join(home, 'data');
  assert.deepEqual(await writable('~/data'), [[`${data} /work`, false], ...settings.map((part) => guard(data, part))]);
  assert.deepEqual(await writable('~/data/file.txt'), [[`${join(data, 'file.txt')} /work`, false]]);
  assert.deepEqual(
    await writable('${workspace}', at('${workspace}/.git', { readOnly: false, target: '/work/.git' })),
    [[`${workspace} /work`, false], ...settings.map((part) => guard(workspace, part)), [`${join(workspace, '.git')} /work/.git`, false]],
    'who grants .git itself gets it',
  );
});

test('what programs outside would run is mounted to be written by no other path either, but for the whole of .git', async (t) => {
  const context = await makePlace(t);
  await mkdir(join(context.workspace, '.vscode'));
  for (const source of ['${workspace}/.codex', '${workspace}/.vscode', '${workspace}/.git/hooks', join(context.workspace, '.codex')]) {
    assert.match(
      await refusal(at(source, { readOnly: false }), context),
      /^WHARF_MOUNT_REFUSED .*programs outside the container run/,
      source,
    );
    assert.match(await refusal(at(source), context), /^mounted /, source);
  }
  assert.match(await refusal(at('${workspace}/.git', { readOnly: false }), context), /^mounted /);
});

test('a folder whose settings for programs outside are a link is not mounted to be written', async (t) => {
  const context = await makePlace(t);
  await symlink('inner', join(context.home, 'data', '.vscode'));
  assert.match(await refusal(at('~/data', { readOnly: false }), context), /its "\.vscode" is a link/);
  assert.match(await refusal(at('~/data'), context), /^mounted/);
});
