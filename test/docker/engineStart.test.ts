import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { before, test, type TestContext } from 'node:test';
import { tar } from '../../scripts/tar.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { containersOn, dockerProxy, endpoint, probeSpec, startServer, testOwner } from '../support/dockerEngine.ts';
import { docker, probeImage } from '../support/dockerLane.ts';
import { sampleTags } from '../support/images.ts';
import { until } from '../support/until.ts';

before(probeImage);

async function buildOnProbe(tag: string, more: string): Promise<void> {
  const dockerfile = Buffer.from(`FROM ${sampleTags.probe}\n${more}\n`);
  const building = await docker.buildImage(Readable.from(tar([{ path: 'Dockerfile', mode: 0o644, data: dockerfile }])), { t: tag });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(building, (error) => (error === null ? resolve() : reject(error)));
  });
}

test('a container is named after its profile and its server', async (t) => {
  const owner = testOwner();
  const engine = new DockerEngine(endpoint, owner.machine, () => true);
  const spec = probeSpec(owner);
  const labels = { ...spec.labels, 'wharf.profile': 'Größe 1', 'wharf.server': 'git/hub', 'wharf.spec': 'abc' };
  const [one, two] = await Promise.all([startServer(t, engine, { ...spec, labels }), startServer(t, engine, { ...spec, labels })]);
  const { Name: name, Config: config } = await docker.getContainer(one.id).inspect();
  assert.match(name, /^\/wharf-Gr-e-1-git-hub-[0-9a-f]{6}$/);
  assert.equal(config.Labels['wharf.spec'], 'abc');
  await Promise.all([one.stop(), two.stop()]);
});

test('the environment of a container is not in the address of a request', async (t) => {
  const proxy = await dockerProxy(t);
  const owner = testOwner();
  const engine = new DockerEngine(proxy.endpoint, owner.machine, () => true);
  const server = await startServer(t, engine, { ...probeSpec(owner), env: { TOKEN: 'sesame' } });
  assert.deepEqual(
    proxy.requests.filter((line) => line.includes('sesame')),
    [],
  );
  assert.ok(proxy.requests.some((line) => /^POST \/containers\/create\?name=wharf-test-probe-[0-9a-f]{6} /.test(line)));
  await server.stop();
});

test('the content id of an image is told, and follows its tag', async (t) => {
  const tag = `wharf-sample/moving:${process.pid}`;
  const engine = new DockerEngine(endpoint, 'test', () => true);
  const missing = await engine.imageId(tag);
  assert.equal(missing.ok ? '' : missing.problem.code, 'WHARF_IMAGE_MISSING');
  t.after(() => docker.getImage(tag).remove({ force: true }));
  const ids: string[] = [];
  for (const more of ['LABEL version=1', 'LABEL version=2']) {
    await buildOnProbe(tag, more);
    const id = await engine.imageId(tag);
    assert.ok(id.ok);
    assert.equal(id.value, (await docker.getImage(tag).inspect()).Id);
    ids.push(id.value);
  }
  assert.notEqual(ids[0], ids[1]);
});

test('with a watch a second start asks nothing about the image, and a new image of the same name is noticed', async (t) => {
  const tag = `wharf-sample/volumes:${process.pid}`;
  await buildOnProbe(tag, 'VOLUME /one');
  t.after(() => docker.getImage(tag).remove({ force: true }));
  const proxy = await dockerProxy(t);
  const owner = testOwner();
  const engine = new DockerEngine(proxy.endpoint, owner.machine, () => true);
  let changes = 0;
  t.after(engine.watch(owner, { isKnown: () => true, imagesChanged: () => changes++, log: () => undefined }));
  await until(() => changes > 0, { what: 'the watch to begin' });
  const inMemory = async (): Promise<readonly string[]> => {
    const server = await startServer(t, engine, probeSpec(owner, [], tag));
    const { HostConfig: host, Mounts: mounts } = await docker.getContainer(server.id).inspect();
    assert.deepEqual(mounts, []);
    await server.stop();
    return Object.keys(host.Tmpfs ?? {});
  };
  const asked = (): number => proxy.requests.filter((line) => line.startsWith('GET /images/')).length;
  assert.ok((await inMemory()).includes('/one'));
  assert.ok(asked() >= 1);
  // What other tests make of images meanwhile is heard too, and then it is asked again.
  await until(
    async () => {
      const [heard, before] = [changes, asked()];
      assert.ok((await inMemory()).includes('/one'));
      return changes === heard && asked() === before;
    },
    { timeoutMs: 20_000, what: 'a start that asks nothing about the image' },
  );
  const heard = changes;
  await buildOnProbe(tag, 'VOLUME /two');
  await until(() => changes > heard, { what: 'the new image to be heard of' });
  const before = asked();
  assert.ok((await inMemory()).includes('/two'));
  assert.ok(asked() > before);
});

const moments = [
  ['makes the container', /POST \/containers\/create/],
  ['attaches', /POST \/containers\/\w+\/attach/],
  ['starts the container', /POST \/containers\/\w+\/start/],
] as const;

for (const [moment, request] of moments) {
  test(`an engine that goes away while it ${moment} fails the start, and nothing is left when it is back`, async (t: TestContext) => {
    const proxy = await dockerProxy(t);
    const owner = testOwner();
    const engine = new DockerEngine(proxy.endpoint, owner.machine, () => true);
    proxy.cutAt(request);
    const started = await engine.start(probeSpec(owner, ['--misbehave=ignore-eof']));
    for (const id of await containersOn(owner)) {
      t.after(() =>
        docker
          .getContainer(id)
          .remove({ force: true })
          .catch(() => undefined),
      );
    }
    assert.equal(started.ok ? '' : started.problem.code, 'WHARF_DOCKER_UNREACHABLE');
    proxy.mend();
    await until(async () => (await containersOn(owner)).length === 0, { what: 'nothing to be left' });
  });
}
