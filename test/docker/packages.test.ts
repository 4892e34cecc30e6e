import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { parsePackageReference } from '../../src/core/packages/packageReference.ts';
import { resolvedPackage } from '../../src/core/packages/packageServer.ts';
import type { BuiltImage } from '../../src/docker/packages/packageBuilder.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { whyNoDistribution } from '../support/distribution.ts';
import { endpoint, exists } from '../support/dockerEngine.ts';
import { docker } from '../support/dockerLane.ts';
import { buildEgressImage, egressImage } from '../support/egress.ts';
import { dependencyFolders } from '../support/images.ts';
import { buildPackageBase, packageBase } from '../support/packageBase.ts';
import { buildLane, imagesOf, imagesOfPackage, newVersion, pythonServer, removeImageAfter, tinyServer } from '../support/packageLane.ts';
import { startRegistry } from '../support/packageRegistry.ts';
import { builtPrograms } from '../support/programs.ts';
import { toolsFolder } from '../support/tools.mjs';
import { until } from '../support/until.ts';
import { wheel } from '../support/wheel.ts';
import { containersOf, makeHome } from '../support/wharfHome.ts';

/** Elsewhere than in CI a machine without the means may leave these out. */
const why = process.env['CI'] === undefined ? whyNoDistribution() : undefined;
const skip = why ?? false;

before(async () => {
  if (why === undefined) {
    await buildPackageBase();
    await buildEgressImage();
  }
});

/** A profile with the entry that `--server` gives, without a network. */
function profileOf(built: BuiltImage): string {
  const reference = parsePackageReference(`${built.image.kind}://${built.image.name}@${built.image.version}`) ?? assert.fail();
  const { integrity, resolvedAt, description } = built;
  const record = { reference, integrity, resolvedAt, base: packageBase, scripts: false };
  const { entry } = resolvedPackage({ image: built.reference, description, record });
  const { server } = entry;
  return `version: 1\nservers:\n  - ${JSON.stringify({ type: 'image', image: built.reference, snapshot: { server }, wharf: { network: 'none' } })}\n`;
}

test(
  'an npm package becomes an image that starts offline, without a network and with a root that nobody writes to',
  { skip },
  async (t) => {
    // First, so that its containers are gone before their image is removed.
    const home = await makeHome(t);
    const registry = await startRegistry(t);
    const modules = join(await toolsFolder(), 'node_modules');
    for (const folder of await dependencyFolders(join(modules, '@modelcontextprotocol/server-everything'), modules)) {
      await registry.add({ folder });
    }
    const lane = buildLane(t, registry);
    const from = performance.now();
    const built = await lane.built('npx://@modelcontextprotocol/server-everything');
    t.diagnostic(`built in ${Math.round(performance.now() - from)} ms`);
    assert.match(built.reference, /^wharf\.local\/npx\/modelcontextprotocol\/server-everything:\d[\d.]*@sha256:[0-9a-f]{64}$/);
    assert.match(built.integrity, /^sha512-/);
    await lane.assertClean();
    await registry.stop();
    const engine = new DockerEngine(endpoint, 'test', () => true);
    assert.deepEqual(await engine.imageDigests(built.reference), { ok: true, value: [built.image.tree] });
    const other = await engine.imageId(`${built.reference.slice(0, -64)}${'0'.repeat(64)}`);
    assert.equal(other.ok ? '' : other.problem.code, 'WHARF_IMAGE_MISSING');

    await home.addProfile('dev', `${profileOf(built)}wharf:\n  requireDigest: true\n`);
    const client = await home.session('dev');
    assert.ok((await client.toolNames()).includes('get-sum'));
    assert.match(await client.callText('get-sum', { a: 2, b: 40 }), /42/);
    const [id = ''] = await containersOf((await home.status()).pid);
    const facts = await docker.getContainer(id).inspect();
    assert.deepEqual([facts.HostConfig.NetworkMode, facts.HostConfig.ReadonlyRootfs, facts.Config.User], ['none', true, '65534:65534']);
  },
);

test('install scripts run only where that was said, and the same packages come out again elsewhere', { skip }, async (t) => {
  const registry = await startRegistry(t);
  const lane = buildLane(t, registry);
  const version = newVersion();
  const script = "require('node:fs').writeFileSync('ran', 'yes')";
  await registry.add(tinyServer(version, { scripts: { postinstall: `node -e "${script}"` } }));
  const built = await lane.built('npx://tiny-server');
  assert.deepEqual(built.withScripts, ['tiny-server']);
  assert.equal(await fileIn(built, '/app/node_modules/tiny-server/ran'), false);
  assert.equal(await fileIn(built, '/app/node_modules/tiny-server/server.js'), true);
  const loose = await lane.built('npx://tiny-server', { allowScripts: true });
  assert.notEqual(loose.reference, built.reference);
  assert.equal(await fileIn(loose, '/app/node_modules/tiny-server/ran'), true);

  // Something newer is there by now, and another computer builds what was recorded.
  await registry.add(tinyServer(newVersion()));
  const [image = ''] = await imagesOf(built.image.tree);
  await docker.getImage(image).remove({ force: true });
  const { tree } = built.image;
  const expected = { tree, integrity: built.integrity, resolvedAt: built.resolvedAt };
  const again = await lane.built(`npx://tiny-server@${version}`, { expected });
  assert.deepEqual([again.reference, again.isNew, again.resolvedAt], [built.reference, true, built.resolvedAt]);
  const there = await lane.built(`npx://tiny-server@${version}`, { expected });
  assert.equal(there.isNew, false);

  await registry.add(tinyServer(version, { description: 'Another under the same version' }));
  const changed = await lane.build(`npx://tiny-server@${version}`, { expected });
  assert.equal(changed.ok ? '' : changed.problem.code, 'WHARF_PACKAGE_CHANGED');
  await lane.assertClean();
});

test(
  'a registry that lies, a package from elsewhere, one that is not there and a build that is cancelled leave nothing',
  { skip },
  async (t) => {
    const registry = await startRegistry(t);
    const lane = buildLane(t, registry);
    const codeOf = async (...args: Parameters<typeof lane.build>): Promise<string> => {
      const built = await lane.build(...args);
      return built.ok ? 'built' : built.problem.code;
    };
    await registry.add(tinyServer('1.0.0'), { lie: true });
    assert.equal(await codeOf('npx://tiny-server'), 'WHARF_PACKAGE_CHANGED');
    assert.equal(await codeOf('npx://tiny-server@9.9.9'), 'WHARF_PACKAGE_UNKNOWN');
    await registry.add(tinyServer('1.0.1', { dependencies: { other: 'http://elsewhere.example/other.tgz' } }));
    const elsewhere = await lane.build('npx://tiny-server');
    assert.equal(elsewhere.ok ? '' : elsewhere.problem.code, 'WHARF_PACKAGE_FAILED');
    assert.match(elsewhere.ok ? '' : (elsewhere.problem.detail ?? ''), /elsewhere\.example/);
    await registry.add(tinyServer('1.0.2', { bin: { one: 'server.js', two: 'other.js' } }));
    assert.equal(await codeOf('npx://tiny-server'), 'WHARF_PACKAGE_UNUSABLE');
    const controller = new AbortController();
    registry.holdBack(/-\//);
    const cancelled = codeOf('npx://tiny-server', {}, controller.signal);
    await until(() => registry.requests.at(-1)?.includes('/-/'), { timeoutMs: 30_000 });
    controller.abort();
    assert.equal(await cancelled, 'WHARF_PACKAGE_FAILED');

    registry.holdBack(/^$/);
    const version = newVersion();
    await registry.add(tinyServer(version));
    const late = new AbortController();
    lane.onStep = (step) => void (step.startsWith('making') && setTimeout(() => late.abort(), 5));
    assert.equal(await codeOf('npx://tiny-server', {}, late.signal), 'WHARF_PACKAGE_FAILED');
    assert.equal(await imagesOfPackage(`npx://tiny-server@${version}`), 0);

    assert.equal(await codeOf('npx://tiny-server', { base: 'wharf-sample/not-there:1' }), 'WHARF_PACKAGE_BASE');
    await lane.assertClean();
  },
);

test('where no registry is named, npm and pip say which one they have', { skip }, async (t) => {
  const lane = buildLane(t, await startRegistry(t));
  for (const reference of ['npx://tiny-server', 'uvx://tiny-server']) {
    const steps: string[] = [];
    const controller = new AbortController();
    lane.onStep = (step) => {
      steps.push(step);
      if (step.startsWith('installing')) {
        controller.abort();
      }
    };
    await lane.build(reference, { registry: null }, controller.signal);
    assert.match(steps.at(-1) ?? '', /^installing \S+ from [\w-]+(?:\.[\w-]+)+$/);
  }
  await lane.assertClean();
});

test('a Python package becomes an image too, by pip', { skip }, async (t) => {
  const home = await makeHome(t);
  const registry = await startRegistry(t);
  const lane = buildLane(t, registry);
  const { file, bytes } = wheel({ name: 'tiny-python', version: newVersion(), module: pythonServer });
  registry.addWheel('tiny-python', file, bytes);
  const built = await lane.built('uvx://Tiny_Python', { registry: `${registry.url}simple/` });
  assert.match(built.reference, /^wharf\.local\/uvx\/tiny-python:/);
  await registry.stop();
  await lane.assertClean();
  await home.addProfile('dev', profileOf(built));
  const client = await home.session('dev');
  assert.deepEqual(await client.toolNames(), ['shout']);
  assert.equal(await client.callText('shout'), '/tmp 65534');
});

test('wharf image build, ls and prune: a killed build leaves nothing, and what a profile names stays', { skip }, async (t) => {
  const registry = await startRegistry(t);
  const home = await makeHome(t);
  const version = newVersion();
  await registry.add(tinyServer(version));
  const env = { WHARF_IMAGE: egressImage };
  const build = ['image', 'build', '--base', packageBase, '--registry', registry.url];

  registry.holdBack(/-\//);
  const script = join(await builtPrograms(), 'wharf.cjs');
  const killed = spawn(process.execPath, [script, ...build, 'npx://tiny-server'], {
    cwd: home.project,
    env: { ...home.env, ...env },
    stdio: 'ignore',
  });
  t.after(() => killed.kill('SIGKILL'));
  const pid = killed.pid ?? 0;
  await until(() => registry.requests.at(-1)?.includes('/-/'), { timeoutMs: 30_000 });
  assert.notDeepEqual(await containersOf(pid), []);
  killed.kill('SIGKILL');
  await until(async () => (await containersOf(pid)).length === 0, {
    timeoutMs: 20_000,
    what: 'the containers of the killed build to be gone',
  });
  registry.holdBack(/^$/);

  const ended = await home.wharf([...build, 'npx://tiny-server'], env);
  assert.equal(ended.code, 0, ended.stderr);
  const [, reference = '', tree = ''] = /^Built (\S+@(sha256:[0-9a-f]{64}))$/m.exec(ended.stdout) ?? assert.fail(ended.stdout);
  removeImageAfter(t, tree);
  const networks = await docker.listNetworks({ filters: { label: [`wharf.owner.pid=${pid}`] } });
  assert.deepEqual(networks, [], 'the next build removed the network of the killed one');

  await home.writeProfile('dev', 'version: 1\nservers: []\n', 'user');
  const add = ['profile', 'server', 'add', 'dev', '--base', packageBase, '--registry', registry.url, '--server', 'npx://tiny-server'];
  const dry = await home.wharf([...add, '--dry-run'], env);
  assert.ok(dry.stdout.includes(reference), dry.stdout + dry.stderr);
  const added = await home.wharf(add, env);
  assert.equal(added.code, 0, added.stderr);
  const listed = JSON.parse((await home.wharf(['image', 'ls', '--format', 'json'])).stdout) as {
    tree: string;
    package: string;
    profiles: string[];
  }[];
  const mine = listed.find((row) => row.tree === tree);
  assert.deepEqual([mine?.package, mine?.profiles], [`npx://tiny-server@${version}`, ['dev']]);

  // As on another computer, which has the profile and not the image.
  const [id = ''] = await imagesOf(tree);
  await docker.getImage(id).remove({ force: true });
  const rebuilt = await home.wharf([...build, '--profile', 'dev'], env);
  assert.equal(rebuilt.stdout, `Built ${reference}\n`, rebuilt.stderr);
  await registry.stop();
  const client = await home.session('dev');
  assert.deepEqual(await client.toolNames(), ['echo']);
  assert.equal(await client.callText('echo'), '/tmp 65534');
});

test('an image of a package that is not there is not looked for in any registry', { skip }, async (t) => {
  const home = await makeHome(t);
  const image = `wharf.local/npx/never-built:1.0.0@sha256:${'0'.repeat(64)}`;
  await home.addProfile('dev', `version: 1\nservers:\n  - image: ${image}\n    wharf: { network: none }\n`);
  const client = await home.gateway(['--profile', 'dev']);
  await client.initialize();
  const reply = await client.begin('tools/list').reply;
  assert.match(reply.error?.message ?? '', /was not built.*WHARF_PACKAGE_NOT_BUILT/);
  const engine = new DockerEngine(endpoint, 'test', () => true);
  const pulled = await engine.pull(image, () => undefined).done;
  assert.equal(pulled.ok ? '' : pulled.problem.code, 'WHARF_PACKAGE_NOT_BUILT');
});

/** Whether an image has a file, by a container that is never started. */
async function fileIn({ image }: BuiltImage, path: string): Promise<boolean> {
  const [id] = await imagesOf(image.tree);
  const container = await docker.createContainer({ Image: id ?? '' });
  try {
    const archive = await container.getArchive({ path }).catch(() => null);
    archive?.resume();
    return archive !== null;
  } finally {
    await container.remove({ force: true });
    assert.equal(await exists(container.id), false);
  }
}
