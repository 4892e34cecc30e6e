import assert from 'node:assert/strict';
import { before, test, type TestContext } from 'node:test';

import { dataVolumes } from '../../src/node/dataVolumes.ts';
import { closedContainer, serverDefaults, strictIsolation } from '../../src/core/profile/profile.ts';
import { docker, probeImage, untilNoneLeft } from '../support/dockerLane.ts';
import { sampleTags } from '../support/images.ts';
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
  t.after(async () => {
    await made.endClients();
    await made.stop();
    for (const path of ['one', 'two'].map((id) => `${made.home}/.config/wharf/profiles/${id}.yaml`)) {
      const [volume] = dataVolumes(made.locations, { id: '', origin: { path, scope: 'user' } }, server);
      await docker
        .getVolume(volume?.name ?? '')
        .remove()
        .catch(() => undefined);
    }
  });
  return made;
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
