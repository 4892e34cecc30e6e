import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, suite, test, type TestContext } from 'node:test';
import { holderLabel, type ContainerOwner } from '../../src/core/container/labels.ts';
import { secretsFolder, type ContainerSpec } from '../../src/core/container/spec.ts';
import type { ServerProcess } from '../../src/core/ports.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { filesHolding, makeCanary, stampOf } from '../support/canary.ts';
import { containersOn, endpoint, exists, probeSpec, removeAfter, startServer, testOwner } from '../support/dockerEngine.ts';
import { docker, probeImage } from '../support/dockerLane.ts';
import { gatewayImage } from '../support/gatewayContainer.ts';
import { toolText } from '../support/probeCalls.ts';
import { until } from '../support/until.ts';

let ownImage = '';

before(async () => {
  await probeImage();
  ownImage = (await gatewayImage()).tag;
});

const path = `${secretsFolder}/TOKEN`;

function withSecret(owner: ContainerOwner, value: string, more: Partial<ContainerSpec> = {}): ContainerSpec {
  return { ...probeSpec(owner), files: { [path]: value }, ...more };
}

function engineOf(owner: ContainerOwner, isAlive = true): DockerEngine {
  return new DockerEngine(endpoint, owner.machine, () => isAlive, { image: ownImage });
}

/** Volumes of a machine; those that are left are removed by name after the test. */
async function volumesOn({ machine }: ContainerOwner): Promise<readonly string[]> {
  const { Volumes: listed } = await docker.listVolumes({ filters: JSON.stringify({ label: [`wharf.machine=${machine}`] }) });
  return ((listed as typeof listed | null) ?? []).map(({ Name }) => Name);
}

function removeVolumesAfter(t: TestContext, owner: ContainerOwner): void {
  t.after(async () => {
    for (const name of await volumesOn(owner)) {
      await docker
        .getVolume(name)
        .remove()
        .catch(() => undefined);
    }
  });
}

suite('secret files', { concurrency: true }, () => {
  test('a server reads its secret from a file that is in memory, that nobody else can read, and that it cannot change', async (t) => {
    const owner = testOwner();
    removeVolumesAfter(t, owner);
    const canary = makeCanary();
    const { value } = canary;
    const folder = mkdtempSync(join(tmpdir(), 'wharf-secret-files-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const stamp = await stampOf(folder);
    // What is mounted there from memory is passed over.
    const onDisk = (): Promise<readonly string[]> => filesHolding(['/var/lib/docker'], stamp, [canary]);
    const server = await startServer(t, engineOf(owner), withSecret(owner, value));
    assert.equal(await toolText(server, 'read_file', { path }), value);
    assert.match(await toolText(server, 'write_file', { path, text: 'x' }), /EROFS|EACCES/);
    assert.match(await toolText(server, 'write_file', { path: `${secretsFolder}/more`, text: 'x' }), /EROFS/);
    const facts = JSON.parse(await toolText(server, 'file_facts', { path })) as { mode: string; uid: number };
    assert.deepEqual(facts, { mode: '400', uid: 65_532, gid: 65_532 });
    assert.match(await toolText(server, 'mounts'), new RegExp(`${secretsFolder} ro\\S* .*- tmpfs`));

    await t.test('the value is nowhere but in memory: not in what the engine tells, not on its disk', async () => {
      const [volume = ''] = await volumesOn(owner);
      const told = [await docker.getContainer(server.id).inspect(), await docker.getVolume(volume).inspect(), await docker.df()];
      assert.ok(!JSON.stringify(told).includes(value));
      assert.deepEqual(await onDisk(), []);
    });

    await t.test('the helper that held it is gone', async () => {
      await until(async () => (await containersOn(owner)).length === 1, { what: 'the helper to be gone' });
    });

    await server.stop();
    assert.deepEqual(await volumesOn(owner), []);
    assert.deepEqual(await containersOn(owner), []);
    assert.deepEqual(await onDisk(), []);
  });

  test('the helper has no network, no capability, no root and little memory', async (t) => {
    const owner = testOwner();
    removeVolumesAfter(t, owner);
    const events = await docker.getEvents({
      filters: JSON.stringify({ type: ['container'], event: ['start'], label: [`wharf.machine=${owner.machine}`] }),
    });
    t.after(() => (events as unknown as { destroy(): void }).destroy());
    const first = new Promise<{ id: string }>((resolve) =>
      events.once('data', (bytes: Buffer) => resolve(JSON.parse(bytes.toString()) as { id: string })),
    );
    const inspected = first.then(({ id }) => docker.getContainer(id).inspect());
    const server = await startServer(t, engineOf(owner), withSecret(owner, 'value'));
    const { HostConfig: host, Config: config } = await inspected;
    assert.equal(config.Labels[holderLabel], 'true');
    assert.equal(host.NetworkMode, 'none');
    assert.deepEqual([host.CapDrop, host.CapAdd, host.ReadonlyRootfs, host.AutoRemove], [['ALL'], null, true, true]);
    assert.equal(config.User, '65532:65532');
    assert.ok((host.Memory ?? 0) <= 128 * 1024 ** 2);
    await server.stop();
  });

  test('a server that runs as a user of its image reads it too, and so does one that starts as root and leaves it', async (t) => {
    const owner = testOwner();
    removeVolumesAfter(t, owner);
    const named = await startServer(t, engineOf(owner), withSecret(owner, 'value', { user: 'node' }));
    assert.equal(await toolText(named, 'read_file', { path }), 'value');
    assert.equal((JSON.parse(await toolText(named, 'file_facts', { path })) as { uid: number }).uid, 1000);
    await named.stop();
    const dropping = await startServer(t, engineOf(owner), withSecret(owner, 'value', { user: 'root', capAdd: ['SETUID', 'SETGID'] }));
    assert.equal((JSON.parse(await toolText(dropping, 'file_facts', { path })) as { mode: string }).mode, '444');
    await dropping.stop();
  });

  test('without the image that holds them, a problem says what to do, and nothing is left', async () => {
    const owner = testOwner();
    const engine = new DockerEngine(endpoint, owner.machine, () => true, { image: 'wharf-test/absent:1' });
    const started = await engine.start(withSecret(owner, 'value'));
    assert.ok(!started.ok);
    assert.equal(started.problem.code, 'WHARF_OWN_IMAGE_MISSING');
    assert.match(started.problem.message, /wharf-test\/absent:1/);
    assert.deepEqual([await containersOn(owner), await volumesOn(owner)], [[], []]);
  });

  test('what a gateway that died left behind, volume and container, the next one removes', async (t) => {
    const owner = testOwner();
    removeVolumesAfter(t, owner);
    const left: ServerProcess = await startServer(t, engineOf(owner), withSecret(owner, 'value'));
    removeAfter(t, left.id);
    assert.equal((await volumesOn(owner)).length, 1);
    const removed = await engineOf(owner, false).removeOrphans();
    assert.ok(removed.ok && removed.value >= 1);
    await until(async () => !(await exists(left.id)) && (await volumesOn(owner)).length === 0, { what: 'everything to be gone' });
  });
});
