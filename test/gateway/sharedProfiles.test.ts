import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

import { profileArtifact } from '../../src/core/registry/artifact.ts';
import { pulledProfilesFolder } from '../../src/node/profileFolders.ts';
import { ociManifest, pushBlob, pushImage, pushManifest, type RegistryContent } from '../support/registryContent.ts';
import { startRegistry, type Registry } from '../support/registry.ts';
import { demoProfile, makeHome, type WharfHome } from '../support/wharfHome.ts';

const user = { name: 'ada', bcrypt: '$2b$04$8M..J.Adr2Z5hg9YZtrwvu8rqo/vCkyaJT.qtbxUiJEEQOzg.1sW2' };
const password = ['open', 'sesame'].join('');
const auth = Buffer.from(`${user.name}:${password}`).toString('base64');
const skopeo = '/usr/bin/skopeo';

/** Docker's form, with Wharf's own keys and characters that Go escapes. */
const team = `# for the team
version: 1
id: team
name: The Team <&>
servers:
  - type: remote
    endpoint: https://mcp.example.com/mcp?a=1&b=2
    tools: [search]
    wharf: { callTimeout: 30s }
    x-note: kept
  - catalog_ref: builtin
    name: demo
secrets:
  default: { provider: docker-desktop-store }
`;

/** A user who logged in at a registry, as `docker login` keeps it. */
async function homeOf(t: TestContext, { host }: Registry): Promise<WharfHome> {
  const home = await makeHome(t);
  await mkdir(join(home.home, '.docker'), { recursive: true });
  await writeFile(join(home.home, '.docker', 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
  return home;
}

/** The command line with the logins of this home alone. */
async function wharf(home: WharfHome, ...args: readonly string[]) {
  return home.wharf(args, { DOCKER_CONFIG: join(home.home, '.docker') });
}

function contentOf({ host }: Registry): RegistryContent {
  return { host, authorization: `Basic ${auth}` };
}

/** Puts something into a registry as a profile, without the command that refuses it. */
async function pushRaw(registry: Registry, path: string, layer: string): Promise<void> {
  const content = contentOf(registry);
  await pushManifest(
    content,
    path,
    {
      schemaVersion: 2,
      mediaType: ociManifest,
      artifactType: profileArtifact,
      config: await pushBlob(content, path, '{}', 'application/vnd.oci.empty.v1+json'),
      layers: [await pushBlob(content, path, layer, 'application/json')],
    },
    '1',
  );
}

test('a profile goes through a registry with a password to somebody else, byte for byte, and starts nothing there until it is allowed', async (t) => {
  const registry = await startRegistry(t, user);
  if (registry === undefined) {
    return;
  }
  const reference = `${registry.host}/team/profile:1`;
  const [ada, bob] = [await homeOf(t, registry), await homeOf(t, registry)];
  await ada.writeProfile('team', team, 'user');
  const dry = await wharf(ada, 'profile', 'push', 'team', reference, '--dry-run');
  assert.equal(dry.code, 0, dry.stderr);
  assert.ok(!existsSync(join(registry.folder, 'docker')), 'nothing was uploaded');
  const pushed = await wharf(ada, 'profile', 'push', 'team', reference);
  assert.equal(pushed.code, 0, pushed.stderr);
  const [, digest] = /^Pushed profile to \S+@(sha256:[0-9a-f]{64})\n$/.exec(pushed.stdout) ?? [];
  assert.ok(digest !== undefined && dry.stdout.includes(`${reference}@${digest}`), pushed.stdout);

  const pulled = await wharf(bob, 'profile', 'pull', reference);
  assert.equal(pulled.code, 0, pulled.stderr);
  assert.match((await wharf(bob, 'profile', 'list')).stdout, /^team  pulled  no /m);
  assert.match(pulled.stdout, /sends what its tools are given to mcp\.example\.com.*imported as team.*wharf profile allow team/s);
  for (const home of [ada, bob]) {
    assert.equal((await wharf(home, 'profile', 'export', 'team', 'out.json')).code, 0);
  }
  const exported = async (home: WharfHome): Promise<unknown> => JSON.parse(await readFile(join(home.project, 'out.json'), 'utf8'));
  const [theirs, ours] = [(await exported(ada)) as Record<string, unknown>, (await exported(bob)) as Record<string, unknown>];
  assert.deepEqual([ours['id'], ours['name'], ours['secrets']], [theirs['id'], theirs['name'], theirs['secrets']]);

  const refused = await bob.gateway(['--profile', 'team']);
  const { error } = await refused.initialize();
  assert.equal(error?.data?.code, 'WHARF_PROFILE_NOT_ALLOWED');
  assert.match(error?.message ?? '', /came from a registry/);
  await refused.close();
  const early = await wharf(bob, 'profile', 'push', 'team', reference);
  assert.match(early.stderr, /WHARF_PROFILE_NOT_ALLOWED/, 'what nobody read is not passed on');
  await bob.allow('team');
  const again = await wharf(bob, 'profile', 'push', 'team', `${registry.host}/bob/profile:1`);
  assert.ok(again.stdout.includes(`@${digest}`), 'the same bytes have the same digest');

  if (existsSync(skopeo)) {
    const credentials = ['--creds', `${user.name}:${password}`, '--tls-verify=false'];
    const { stdout } = await promisify(execFile)(skopeo, ['inspect', '--raw', ...credentials, `docker://${reference}`]);
    const { artifactType, layers } = JSON.parse(stdout) as { artifactType: string; layers: readonly { mediaType: string }[] };
    assert.deepEqual([artifactType, layers.map(({ mediaType }) => mediaType)], [profileArtifact, ['application/json']]);
  } else {
    assert.equal(process.env['CI'], undefined, `${skopeo} is missing: install the Debian package skopeo`);
  }
});

test('a profile that holds a secret itself is refused with its place, on its way out and in, and nothing is kept', async (t) => {
  const registry = await startRegistry(t, user);
  if (registry === undefined) {
    return;
  }
  const token = ['AKIA', 'IOSFODNN7', 'QWERTYZ'].join('');
  const escaped = `${token.slice(0, 6)}\\x${token.charCodeAt(6).toString(16)}${token.slice(7)}`;
  const home = await homeOf(t, registry);
  for (const [value, what] of [
    [token, 'plain'],
    [escaped, 'written with escapes'],
  ] as const) {
    await home.writeProfile('own', `version: 1\nservers:\n  - image: a\n    env: [{ name: MODE, value: "${value}" }]\n`, 'user');
    const { code, stderr } = await wharf(home, 'profile', 'push', 'own', `${registry.host}/team/own:1`);
    assert.equal(code, 2, what);
    assert.match(stderr, /own\.yaml:4:\d+.*WHARF_LITERAL_SECRET/s, what);
    assert.ok(!stderr.includes(token), what);
  }
  // A value that no rule knows, and the vault does.
  const mine = ['Tr0ub4dor', 'horse', 'battery'].join('-');
  assert.equal((await wharf(home, 'secret', 'init', '--key-file', join(home.home, 'key'))).code, 0);
  assert.equal((await home.wharf(['secret', 'set', 'db.pass'], {}, mine)).code, 0);
  const file = await home.writeProfile('own', `version: 1\nservers:\n  - image: a\n    env: [{ name: MODE, value: ${mine} }]\n`, 'user');
  for (const args of [
    ['push', 'own', `${registry.host}/team/own:1`],
    ['export', file, join(home.project, 'out.yaml')],
  ]) {
    const { code, stderr } = await wharf(home, 'profile', ...args);
    assert.deepEqual(
      [code, /own\.yaml:4:32.*db\.pass.*WHARF_LITERAL_SECRET/s.test(stderr), stderr.includes(mine)],
      [2, true, false],
      stderr,
    );
  }
  assert.ok(!existsSync(join(registry.folder, 'docker')), 'nothing was uploaded');
  assert.ok(!existsSync(join(home.project, 'out.yaml')));

  const servers = [{ type: 'image', image: 'a', env: [{ name: 'MODE', value: token }] }];
  await pushRaw(registry, 'team/evil', JSON.stringify({ version: 1, id: 'evil', name: 'evil', servers }));
  const { code, stderr } = await wharf(home, 'profile', 'pull', `${registry.host}/team/evil:1`);
  assert.equal(code, 2);
  assert.match(stderr, /team\/evil@sha256:[0-9a-f]{64}:\d+:\d+.*WHARF_PULLED_SECRET/s);
  assert.ok(!stderr.includes(token));
  assert.ok(!existsSync(pulledProfilesFolder(home.locations)));
});

test('what is pulled never takes the place of another profile unasked, and a new content has to be allowed again', async (t) => {
  const registry = await startRegistry(t, user);
  if (registry === undefined) {
    return;
  }
  const reference = `${registry.host}/team/dev:1`;
  const json = (tools: readonly string[]): string =>
    JSON.stringify({ version: 1, id: 'dev', name: 'dev', servers: [{ catalogRef: 'builtin', name: 'demo', tools }] });
  const home = await homeOf(t, registry);
  await pushRaw(registry, 'team/dev', json(['add']));
  await home.writeProfile('dev', demoProfile, 'user');
  const taken = await wharf(home, 'profile', 'pull', reference, '--replace');
  assert.equal(taken.code, 2);
  assert.match(taken.stderr, /WHARF_PROFILE_TAKEN/);
  assert.ok(!taken.stderr.includes('--replace'), "the user's own is never replaced");

  const dry = await wharf(home, 'profile', 'pull', reference, '--id', 'theirs', '--dry-run');
  assert.match(dry.stdout, /Nothing was written/);
  assert.ok(!existsSync(pulledProfilesFolder(home.locations)));
  const pulled = await wharf(home, 'profile', 'pull', reference, '--id', 'theirs');
  assert.equal(pulled.code, 0, pulled.stderr);
  await home.allow('theirs');
  const session = await home.session('theirs');
  assert.deepEqual(await session.toolNames(), ['add']);
  const mine = await home.session('dev');
  assert.equal(await session.callText('add', { a: 1, b: 2 }), await mine.callText('add', { a: 1, b: 2 }));
  assert.equal((await home.status()).instances.length, 2, "the user's own shares no running copy with somebody else's");
  const same = await wharf(home, 'profile', 'pull', reference, '--id', 'theirs');
  assert.equal(same.code, 0, same.stderr);
  assert.ok(!same.stdout.includes('wharf profile allow'), 'the same content stays allowed');
  await home.writeProfile('theirs', demoProfile, 'project');
  const hiding = await wharf(home, 'profile', 'allow', 'theirs', '--yes');
  assert.match(hiding.stdout, /pulled.*is allowed already.*hides the project's .*theirs\.yaml/s);

  await pushRaw(registry, 'team/dev', json(['add', 'now']));
  assert.match((await wharf(home, 'profile', 'pull', reference, '--id', 'theirs')).stderr, /WHARF_PROFILE_TAKEN.*--replace/s);
  const newer = await wharf(home, 'profile', 'pull', reference, '--id', 'theirs', '--replace');
  assert.match(newer.stdout, /wharf profile allow theirs/);
  const refused = await home.gateway(['--profile', 'theirs']);
  assert.equal((await refused.initialize()).error?.data?.code, 'WHARF_PROFILE_NOT_ALLOWED');
  assert.deepEqual(readdirSync(pulledProfilesFolder(home.locations)), ['theirs.yaml']);

  const name = `x imported as x\nIt is signed by your company. ${'y'.repeat(500)}`;
  await pushRaw(
    registry,
    'team/loud',
    JSON.stringify({ version: 1, id: 'loud', name, servers: [{ catalogRef: 'builtin', name: 'demo' }] }),
  );
  const loud = await wharf(home, 'profile', 'pull', `${registry.host}/team/loud:1`);
  assert.equal(loud.code, 0, loud.stderr);
  assert.doesNotMatch(loud.stdout, /^It is signed|y{200}/m, "no word of a stranger's begins a line");
});

test('what is no profile is said: an image, a missing tag, an id that is a path, a digest to push to', async (t) => {
  const registry = await startRegistry(t, user);
  if (registry === undefined) {
    return;
  }
  const home = await homeOf(t, registry);
  const image = await pushImage(contentOf(registry), 'team/image', '1', 'content');
  const codeOf = async (...args: readonly string[]): Promise<string | undefined> => {
    const { code, stderr } = await wharf(home, 'profile', ...args);
    assert.equal(code, 2);
    return /WHARF_[A-Z_]+/.exec(stderr)?.[0];
  };
  assert.equal(await codeOf('pull', `${registry.host}/team/image:1`), 'WHARF_ARTIFACT_TYPE');
  assert.equal(await codeOf('pull', `${registry.host}/team/image:2`), 'WHARF_ARTIFACT_UNKNOWN');
  assert.equal(await codeOf('pull', 'team/x; rm -rf /'), 'WHARF_ARTIFACT_REFERENCE');
  await home.writeProfile('dev', demoProfile, 'user');
  assert.equal(await codeOf('push', 'dev', `${registry.host}/team/dev@${image.digest}`), 'WHARF_ARTIFACT_REFERENCE');
  await pushRaw(registry, 'team/path', JSON.stringify({ version: 1, id: '../../escape', name: 'x', servers: [] }));
  assert.equal(await codeOf('pull', `${registry.host}/team/path:1`), 'WHARF_ARTIFACT_CONTENT');
  await pushRaw(registry, 'team/rubbish', '{"version":');
  assert.equal(await codeOf('pull', `${registry.host}/team/rubbish:1`), 'WHARF_ARTIFACT_CONTENT');
  await pushRaw(registry, 'team/wrong', '{"version":2}');
  assert.equal(await codeOf('pull', `${registry.host}/team/wrong:1`), 'WHARF_PROFILE_SHAPE');
});
