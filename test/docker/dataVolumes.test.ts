import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';

import { parse } from 'yaml';

import { dataVolumes } from '../../src/node/dataVolumes.ts';
import { closedContainer, serverDefaults, strictIsolation } from '../../src/core/profile/profile.ts';
import { docker, probeImage, untilNoneLeft } from '../support/dockerLane.ts';
import { sampleTags } from '../support/images.ts';
import { until } from '../support/until.ts';
import { makeHome, type WharfHome } from '../support/wharfHome.ts';

before(probeImage);

const profile = `version: 1
servers:
  - image: ${sampleTags.probe}
    name: keeper
    snapshot: { server: { name: keeper, volumes: ['notes:/app/data'] } }
    wharf: { network: none }
`;

interface Listed {
  readonly volumes: readonly { readonly volume: string; readonly name: string; readonly profile: string; readonly server: string }[];
}

/** A home whose volumes go with the test, whatever happens. */
async function home(t: TestContext): Promise<WharfHome> {
  const made = await makeHome(t);
  // Their names follow from a word that goes with the home.
  const names = ['one', 'two'].flatMap((id) => {
    const path = `${made.home}/.config/wharf/profiles/${id}.yaml`;
    return dataVolumes(made.locations, { id, origin: { path, scope: 'user' } }, server).map(({ name }) => name);
  });
  t.after(async () => {
    for (const name of names) {
      await until(() => removeVolume(name), { what: `${name} to be removed` });
    }
  });
  return made;
}

/** Whether it is gone: a container that is just being removed may still have it. */
async function removeVolume(name: string): Promise<boolean> {
  return docker
    .getVolume(name)
    .remove()
    .then(() => true)
    .catch((error: unknown) => (error as { readonly statusCode?: number }).statusCode === 404);
}

const server = {
  ...serverDefaults,
  ...closedContainer,
  kind: 'image' as const,
  name: 'keeper',
  image: sampleTags.probe,
  tools: null,
  line: 1,
  isolation: { ...strictIsolation, volumes: [{ name: 'notes', target: '/app/data', readOnly: false }] },
};

test('what a server keeps in a named volume outlives its container, and no other profile sees it', async (t) => {
  const at = await home(t);
  await at.writeProfile('one', profile, 'user');
  await at.writeProfile('two', profile, 'user');
  const first = await at.session('one');
  assert.match(await first.callText('write_file', { path: '/app/data/a.txt', text: 'kept' }), /wrote|written|ok/i);
  const { pid } = await at.status();
  assert.equal((await at.wharf(['daemon', 'stop'])).code, 0);
  await untilNoneLeft(pid);

  const again = await at.session('one');
  assert.match(await again.callText('read_file', { path: '/app/data/a.txt' }), /kept/);
  const other = await at.session('two');
  assert.doesNotMatch(await other.callText('read_file', { path: '/app/data/a.txt' }), /kept/);
  assert.doesNotMatch(JSON.stringify(await other.callTool('read_file', { path: '/app/data/a.txt' })), /kept/);

  const listed = await at.wharf(['volume', 'ls', '--format', 'json']);
  const { volumes } = JSON.parse(listed.stdout) as Listed;
  assert.deepEqual(
    volumes.map(({ name, profile: id, server: its }) => [name, id, its].join(' ')).sort(),
    ['notes one keeper', 'notes two keeper'],
    listed.stderr,
  );
  const asYaml = await at.wharf(['volume', 'ls', '--format', 'yaml']);
  assert.deepEqual(parse(asYaml.stdout), JSON.parse(listed.stdout));
  const tried = await at.wharf(['volume', 'rm', '--profile', 'two', '--dry-run']);
  assert.deepEqual([tried.code, tried.stdout], [0, '']);
  assert.equal((await at.wharf(['volume', 'rm', '--profile', 'two'])).code, 2);
  const removed = await at.wharf(['volume', 'rm', '--profile', 'two', '--yes']);
  assert.equal(removed.code, 0, removed.stderr);
  assert.equal(removed.stdout.trim(), volumes.find(({ profile: id }) => id === 'two')?.volume);
  const left = JSON.parse((await at.wharf(['volume', 'ls', '--format', 'json'])).stdout) as Listed;
  assert.deepEqual(
    left.volumes.map(({ profile: id }) => id),
    ['one'],
  );
  assert.match(await again.callText('read_file', { path: '/app/data/a.txt' }), /kept/);
});

test("a new volume has what the image has there, and the server's user may write beside it", async (t) => {
  const at = await home(t);
  await at.writeProfile('one', profile.replace('/app/data', '/app'), 'user');
  const client = await at.session('one');
  const facts = JSON.parse(await client.callText('file_facts', { path: '/app' })) as Readonly<Record<string, unknown>>;
  assert.deepEqual(facts, { mode: '755', uid: 65_532, gid: 65_532 });
  await client.callText('write_file', { path: '/app/memory.json', text: 'kept' });
  assert.match(await client.callText('list_folder', { path: '/app' }), /memory\.json\nprobe\.mjs/);
  const listed = await at.wharf(['volume', 'ls']);
  assert.match(listed.stdout, /^PROFILE +SERVER +DATA +SINCE +RUNS +VOLUME *\none +keeper +notes +\S+ +yes +wharf-data-[0-9a-f]{32}$/m);
});

test('a volume of the right name that Wharf did not make is not mounted', async (t) => {
  const at = await home(t);
  const path = await at.writeProfile('one', profile, 'user');
  assert.equal((await at.wharf(['daemon', 'status'])).code, 0);
  const [wanted] = dataVolumes(at.locations, { id: 'one', origin: { path, scope: 'user' } }, server);
  assert.ok(wanted !== undefined);
  const options = { type: 'none', o: 'bind', device: at.home };
  await docker.createVolume({ Name: wanted.name, Labels: { ...wanted.labels }, DriverOpts: options });
  const client = await at.session('one').catch((error: unknown) => String(error));
  assert.match(
    typeof client === 'string' ? client : JSON.stringify(await client.callTool('read_file', { path: '/x' })),
    /was not made by Wharf/,
  );
});
