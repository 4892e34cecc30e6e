import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';

import { docker, probeImage } from '../support/dockerLane.ts';
import { buildLeakyImage, sampleTags } from '../support/images.ts';
import type { McpClient } from '../support/mcpClient.ts';
import { containersOf, makeHome, type WharfHome } from '../support/wharfHome.ts';

before(async () => {
  await probeImage();
  await buildLeakyImage(docker);
});

/** A user with a vault in which the secret "token" is. */
async function homeWithSecret(t: TestContext): Promise<WharfHome> {
  const home = await makeHome(t);
  assert.equal((await home.wharf(['secret', 'init', '--key-file', join(home.home, 'vault-key')])).code, 0);
  assert.equal((await home.wharf(['secret', 'set', 'token'], {}, randomBytes(16).toString('hex'))).code, 0);
  return home;
}

function profileOf(image: string, wharf: readonly string[], secret = true): string {
  const secrets = secret ? '    secrets: [{ name: token, env: TOKEN }]\n' : '';
  return `version: 1\nservers:\n  - image: ${image}\n    name: asks\n${secrets}    wharf:\n${['network: none', ...wharf].map((line) => `      ${line}\n`).join('')}`;
}

/** Why a profile's only server is not there. */
async function refusal(
  home: WharfHome,
  args: readonly string[],
  cwd?: string,
): Promise<{ readonly code: string | undefined; readonly message: string }> {
  const client = await home.gateway(args, cwd === undefined ? {} : { cwd });
  await client.initialize();
  const { error } = await client.request('tools/list', {});
  assert.ok(error, 'it was served');
  await client.close();
  return { code: error.data?.code, message: error.message };
}

/** As Codex writes it when its user answers that they trust the folder. */
function trustInCodex({ home }: WharfHome, project: string): void {
  mkdirSync(join(home, '.codex'), { recursive: true });
  appendFileSync(join(home, '.codex', 'config.toml'), `[projects.${JSON.stringify(project)}]\ntrust_level = "trusted"\n`);
}

async function started(home: WharfHome, args: readonly string[], cwd?: string): Promise<McpClient> {
  const client = await home.gateway(args, cwd === undefined ? {} : { cwd });
  await client.initialize();
  await client.listTools();
  return client;
}

test('another image under a tag gets nothing of what was granted, until its user allows it again', async (t) => {
  const home = await homeWithSecret(t);
  const [repo, tag] = [`wharf-test/moved-${randomUUID().slice(0, 8)}`, '1'];
  const reference = `${repo}:${tag}`;
  t.after(() => docker.getImage(reference).remove({ force: true }));
  await docker.getImage(sampleTags.leaky).tag({ repo, tag });
  await home.addProfile('dev', profileOf(reference, ['share: user']));
  const first = await home.session('dev');
  assert.equal(await first.callText('length', { name: 'TOKEN' }), '32 characters');
  await docker.getImage(sampleTags.probe).tag({ repo, tag });
  const { pid } = await home.status();
  const before = await containersOf(pid);

  const told = await refusal(home, ['--profile', 'dev']);
  assert.equal(told.code, 'WHARF_IMAGE_CHANGED');
  assert.match(told.message, /wharf profile allow .*dev\.yaml/);
  const listed = await home.wharf(['tools', 'ls', '--profile', 'dev']);
  assert.notEqual(listed.code, 0);
  assert.match(listed.stderr, /WHARF_IMAGE_CHANGED/);
  assert.deepEqual(await containersOf(pid), before, 'nothing of the new image was started');
  assert.equal(await first.callText('length', { name: 'TOKEN' }), '32 characters', 'the old image goes on for those who have it');

  const asked = await home.wharf(['profile', 'allow', 'dev'], {}, '');
  assert.equal(asked.code, 2);
  assert.match(asked.stdout, /Since you allowed it, the images of these servers changed: asks/);
  assert.equal((await refusal(home, ['--profile', 'dev'])).code, 'WHARF_IMAGE_CHANGED', 'asking allowed nothing');
  await home.allow('dev');
  const second = await started(home, ['--profile', 'dev']);
  assert.match(await second.callText('environment'), /\[wharf:secret token\]/);
  await docker.getImage(sampleTags.leaky).tag({ repo, tag });
  assert.equal((await refusal(home, ['--profile', 'dev'])).code, 'WHARF_IMAGE_CHANGED', 'what was allowed before is not any more');
});

/** A tag of its own, that a test moves from one image to another. */
async function movingTag(t: TestContext): Promise<{ readonly reference: string; readonly to: (image: string) => Promise<string> }> {
  const [repo, tag] = [`wharf-test/moved-${randomUUID().slice(0, 8)}`, '1'];
  const reference = `${repo}:${tag}`;
  t.after(() => docker.getImage(reference).remove({ force: true }));
  const to = async (image: string): Promise<string> => {
    await docker.getImage(image).tag({ repo, tag });
    return (await docker.getImage(image).inspect()).Id.replace(/^sha256:/, '').slice(0, 12);
  };
  return { reference, to };
}

test('what is granted is for the image that was shown, and not for what its tag stands for when it first starts', async (t) => {
  const home = await homeWithSecret(t);
  const { reference, to } = await movingTag(t);
  const shown = await to(sampleTags.leaky);
  const path = await home.writeProfile('dev', profileOf(reference, ['share: user']));
  const allowed = await home.wharf(['profile', 'allow', 'dev', '--yes', '--no-discover']);
  assert.equal(allowed.code, 0, allowed.stderr);
  assert.ok(allowed.stdout.includes(`image: all this is for the one that is here now, ${shown}`), allowed.stdout);
  await to(sampleTags.probe);
  const told = await refusal(home, ['--profile', 'dev']);
  assert.equal(told.code, 'WHARF_IMAGE_CHANGED');
  assert.ok(told.message.includes(path));
  await to(sampleTags.leaky);
  assert.equal(await (await started(home, ['--profile', 'dev'])).callText('length', { name: 'TOKEN' }), '32 characters');
});

test('an image that is not there yet is shown as such before it is granted anything', async (t) => {
  const home = await homeWithSecret(t);
  const reference = `wharf-test/absent-${randomUUID().slice(0, 8)}:1`;
  await home.writeProfile('dev', profileOf(reference, []));
  for (const environment of [{}, { DOCKER_HOST: 'tcp://127.0.0.1:1' }]) {
    await home.stop();
    const asked = await home.wharf(['profile', 'allow', 'dev', '--no-discover'], environment, '');
    assert.equal(asked.code, 2);
    assert.ok(asked.stderr.includes(`whatever ${reference} stands for when it first starts`), asked.stderr);
  }
});

test("another image under a tag of the user's own profile gets nothing, until its user allows it", async (t) => {
  const home = await homeWithSecret(t);
  const { reference, to } = await movingTag(t);
  await to(sampleTags.leaky);
  await home.writeProfile('mine', profileOf(reference, ['share: user']), 'user');
  await started(home, ['--profile', 'mine']);
  const moved = await to(sampleTags.probe);
  const told = await refusal(home, ['--profile', 'mine']);
  assert.equal(told.code, 'WHARF_IMAGE_CHANGED');
  assert.match(told.message, /wharf profile allow mine"/);
  const allowed = await home.wharf(['profile', 'allow', 'mine', '--yes', '--no-discover']);
  assert.equal(allowed.code, 0, allowed.stderr);
  assert.match(allowed.stdout, /Since they first started, the images of these servers changed: asks/);
  assert.ok(allowed.stdout.includes(moved), allowed.stdout);
  assert.match(await (await started(home, ['--profile', 'mine'])).callText('environment'), /\[wharf:secret token\]/);
});

test("a server of a repository never gets into the running copy of the user's own, be they alike to the letter", async (t) => {
  const home = await homeWithSecret(t);
  const yaml = profileOf(sampleTags.leaky, ['share: user']);
  await home.writeProfile('mine', yaml, 'user');
  await home.addProfile('theirs', yaml);
  await started(home, ['--profile', 'mine']);
  const { pid } = await home.status();
  assert.equal((await containersOf(pid)).length, 1);
  await (await started(home, ['--profile', 'theirs'])).callText('length', { name: 'TOKEN' });
  assert.equal((await containersOf(pid)).length, 2);
  await (await started(home, ['--profile', 'mine'], home.home)).callText('length', { name: 'TOKEN' });
  assert.equal((await containersOf(pid)).length, 2, "the user's own is shared by all of the user's threads");
});

test('credentials, the engine, and what lies outside the project are mounted for nobody, allowed or not', async (t) => {
  const home = await homeWithSecret(t);
  mkdirSync(join(home.home, '.ssh'));
  mkdirSync(join(home.home, 'private'));
  // Said once, on the command line: Codex passes none of them on to the gateway.
  const moved = { CODEX_HOME: 'codex', DOCKER_CONFIG: 'docker', GNUPGHOME: 'gnupg', PASSWORD_STORE_DIR: 'passwords' };
  for (const name of Object.values(moved)) {
    mkdirSync(join(home.home, 'moved', name), { recursive: true });
  }
  const paths = Object.fromEntries(Object.entries(moved).map(([variable, name]) => [variable, join(home.home, 'moved', name)]));
  assert.equal((await home.wharf(['profile', 'ls'], paths)).code, 0);
  symlinkSync(join(home.home, 'private'), join(home.project, 'docs'));
  for (const mount of [
    '~/.ssh:/keys',
    '~/:/home-of-user',
    '${workspace}/..:/up',
    '${workspace}/../..:/up',
    '${workspace}/docs:/docs',
    '/var/run/docker.sock:/engine.sock',
    '/proc:/host-proc',
    '/etc:/host-etc',
    '/dev/mem:/memory',
    '~/.local/share/wharf:/wharf',
    '~/moved:/moved',
    ...Object.values(moved).map((name) => `~/moved/${name}:/moved`),
  ]) {
    await home.addProfile('dev', profileOf(sampleTags.leaky, [`mounts: ["${mount}"]`]));
    const told = await refusal(home, ['--profile', 'dev']);
    assert.equal(told.code, 'WHARF_MOUNT_REFUSED', `${mount}: ${told.message}`);
  }
  assert.deepEqual(await containersOf((await home.status()).pid), []);
});

test('no folder is mounted because a client works in it: its user trusts it in Codex first', async (t) => {
  const home = await makeHome(t);
  const cloned = join(home.home, 'src', 'cloned');
  mkdirSync(cloned, { recursive: true });
  await home.writeProfile('mine', profileOf(sampleTags.leaky, ['mounts: ["${workspace}:/w"]'], false), 'user');
  const told = await refusal(home, ['--profile', 'mine'], cloned);
  assert.equal(told.code, 'WHARF_WORKSPACE_NOT_TRUSTED');
  assert.match(told.message, /you did not say that you trust .*cloned; .* Trust the folder in Codex/s);
  assert.deepEqual(await containersOf((await home.status()).pid), []);
  trustInCodex(home, cloned);
  const client = await started(home, ['--profile', 'mine'], cloned);
  assert.equal(await client.callText('write', { text: '/w/x' }), 'EROFS');
});

test('a project that its user trusts is mounted to read, for each project in a copy of its own, and no folder above it by any path', async (t) => {
  const home = await homeWithSecret(t);
  const projects = ['one', 'two'].map((name) => join(home.home, 'src', name));
  const yaml = profileOf(sampleTags.leaky, ['share: user', 'mounts: ["${workspace}:/w"]'], false);
  await home.writeProfile('mine', yaml, 'user');
  for (const project of projects) {
    mkdirSync(join(project, 'tools'), { recursive: true });
    trustInCodex(home, project);
    const client = await started(home, ['--profile', 'mine'], project);
    assert.equal(await client.callText('write', { text: '/w/x' }), 'EROFS');
  }
  const { pid } = await home.status();
  const sources = async (): Promise<readonly string[]> => {
    const infos = await Promise.all((await containersOf(pid)).map((id) => docker.getContainer(id).inspect()));
    return infos
      .flatMap(({ Mounts: mounts }) =>
        mounts.filter(({ Type: type }) => type === 'bind').map(({ Source: source, RW: isWritable }) => `${source} ${isWritable}`),
      )
      .sort();
  };
  assert.deepEqual(
    await sources(),
    projects.map((project) => `${project} false`),
  );

  const [one = ''] = projects;
  writeFileSync(join(one, 'tools', 'x.yaml'), yaml);
  const asked = await home.wharf(['profile', 'allow', join(one, 'tools', 'x.yaml'), '--yes', '--no-discover']);
  assert.equal(asked.code, 0, asked.stderr);
  await (await started(home, ['--profile-file', 'tools/x.yaml'], one)).callText('write', { text: '/w/x' });
  assert.deepEqual(await sources(), [`${one} false`, ...projects.map((project) => `${project} false`)].sort());
});

test('an allowed server has exactly what was shown', async (t) => {
  const home = await homeWithSecret(t);
  const yaml = profileOf(sampleTags.leaky, ['capAdd: [SETUID]', 'user: root', 'writable: true', 'shm: 128m', 'tmpfs: [/scratch]']);
  await home.writeProfile('dev', yaml);
  assert.equal(
    (await refusal(home, ['--profile', 'dev']).catch(() => ({ code: 'WHARF_PROFILE_NOT_ALLOWED' }))).code,
    'WHARF_PROFILE_NOT_ALLOWED',
  );
  const shown = await home.wharf(['profile', 'allow', 'dev', '--yes', '--no-discover']);
  for (const words of [
    '! ',
    'capabilities: SETUID',
    'user: root',
    'writable: its whole root file system',
    'shared memory: 128 MB',
    '/scratch',
    'TOKEN from secret://token',
    'network: none',
  ]) {
    assert.ok(shown.stdout.includes(words), words);
  }
  await started(home, ['--profile', 'dev']);
  const [id = ''] = await containersOf((await home.status()).pid);
  const { HostConfig: host, Config: config, Mounts: mounts } = await docker.getContainer(id).inspect();
  assert.deepEqual([host.CapAdd, host.CapDrop], [['SETUID'], ['ALL']]);
  assert.deepEqual([host.Privileged, host.ReadonlyRootfs, host.NetworkMode, host.PidMode, host.Binds], [false, false, 'none', '', null]);
  assert.equal(config.User, '0');
  assert.equal(host.ShmSize, 128 * 1024 ** 2);
  assert.ok(Object.keys(host.Tmpfs ?? {}).includes('/scratch'));
  assert.deepEqual(
    mounts.filter(({ Type: type }) => type !== 'tmpfs'),
    [],
  );
  assert.deepEqual(host.SecurityOpt, ['no-new-privileges']);
  assert.deepEqual(new Set((config.Env ?? []).map((variable) => variable.split('=')[0])), new Set(['HOME', 'PATH', 'TOKEN']));
});
