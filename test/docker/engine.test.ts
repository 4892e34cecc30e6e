import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { before, test } from 'node:test';
import { DockerEngine } from '../../src/docker/engine.ts';
import { containersOn, dockerProxy, endpoint, exists, probeSpec, startServer, testOwner } from '../support/dockerEngine.ts';
import { docker, probeImage } from '../support/dockerLane.ts';
import { sampleTags } from '../support/images.ts';
import { tar } from '../../scripts/tar.ts';
import { until } from '../support/until.ts';

before(probeImage);

test('the engine tells its version, and that an image is missing', async () => {
  const engine = new DockerEngine(endpoint, 'test', () => true);
  const facts = await engine.facts();
  assert.ok(facts.ok);
  assert.match(facts.value.apiVersion, /^1\.\d+$/);
  const missing = await engine.start(probeSpec(testOwner(), [], 'wharf-sample/absent:1'));
  assert.equal(missing.ok ? '' : missing.problem.code, 'WHARF_IMAGE_MISSING');
});

test('a folder that the image declares as a volume is in memory and bounded, not on the disk of the host', async (t) => {
  const tag = `wharf-sample/volume:${process.pid}`;
  const dockerfile = Buffer.from(`FROM ${sampleTags.probe}\nVOLUME /data\n`);
  const context = Readable.from(tar([{ path: 'Dockerfile', mode: 0o644, data: dockerfile }]));
  const building = await docker.buildImage(context, { t: tag });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(building, (error) => (error === null ? resolve() : reject(error)));
  });
  t.after(() => docker.getImage(tag).remove({ force: true }));
  const engine = new DockerEngine(endpoint, 'test', () => true);
  const server = await startServer(t, engine, probeSpec(testOwner(), [], tag));
  const { Mounts: mounts, HostConfig: host } = await docker.getContainer(server.id).inspect();
  assert.deepEqual(mounts, []);
  assert.match(host.Tmpfs?.['/data'] ?? '', /size=268435456/);
  await server.stop();
});

test('containers of dead owners are removed, those of living owners and of other machines stay', async (t) => {
  const dead = testOwner();
  const living = { ...dead, startedAt: '2' };
  const elsewhere = testOwner();
  const engine = new DockerEngine(endpoint, dead.machine, (owner) => owner.startedAt === '2');
  const [one, two, three, four] = await Promise.all(
    [dead, dead, living, elsewhere].map((owner) => startServer(t, engine, probeSpec(owner))),
  );
  assert.ok(one && two && three && four);
  assert.deepEqual(await engine.removeOrphans(), { ok: true, value: 2 });
  await until(async () => !(await exists(one.id)) && !(await exists(two.id)), { what: 'the orphans to be gone' });
  assert.ok((await exists(three.id)) && (await exists(four.id)));
  await Promise.all([three.stop(), four.stop()]);
});

test('the first words of a server are heard, also when it ends at once', async (t) => {
  const owner = testOwner();
  const engine = new DockerEngine(endpoint, owner.machine, () => true);
  for (let n = 0; n < 3; n++) {
    const server = await startServer(t, engine, probeSpec(owner, ['--misbehave=exit']));
    // As late as a busy gateway might come.
    await until(async () => !(await exists(server.id)), { what: 'the server to end' });
    const heard: string[] = [];
    server.onStdout(() => undefined);
    server.onStderr((bytes) => void heard.push(Buffer.from(bytes).toString()));
    assert.deepEqual(await server.exited, { code: 3 });
    assert.match(heard.join(''), /giving up/);
  }
});

test('a stopped server is gone when "stop" says so, and further words to it do no harm', async (t) => {
  const owner = testOwner();
  const engine = new DockerEngine(endpoint, owner.machine, () => true);
  const server = await startServer(t, engine, probeSpec(owner));
  server.onStdout(() => undefined);
  const stopped = server.stop();
  await server.write(Buffer.alloc(4 * 1024 * 1024, 'x'));
  await Promise.all([stopped, server.stop()]);
  assert.equal(await exists(server.id), false);
  await server.write(Buffer.from('more\n'));
});

test('a container that cannot be started leaves nothing behind', async () => {
  const owner = testOwner();
  const engine = new DockerEngine(endpoint, owner.machine, () => true);
  const broken = await engine.start({ ...probeSpec(owner), tmpfs: { '/proc/nope/x': { size: 1024, exec: true } } });
  assert.equal(broken.ok ? '' : broken.problem.code, 'WHARF_DOCKER_FAILED');
  assert.deepEqual(await containersOn(owner), []);
});

test('a container is removed when the connection to the engine broke and it can be reached again', async (t) => {
  const proxy = await dockerProxy(t);
  const owner = testOwner();
  const engine = new DockerEngine(proxy.endpoint, owner.machine, () => true);
  const server = await startServer(t, engine, probeSpec(owner, ['--misbehave=ignore-eof']));
  proxy.cut();
  assert.deepEqual(await server.exited, { code: null });
  assert.ok(await exists(server.id), 'the server outlives the connection');
  proxy.mend();
  await until(async () => !(await exists(server.id)), { what: 'the container to be removed' });
});

test('certificates that are not there are told as an engine that does not answer', async (t) => {
  process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1';
  process.env['DOCKER_CERT_PATH'] = '/nonexistent';
  t.after(() => {
    delete process.env['DOCKER_HOST'];
    delete process.env['DOCKER_CERT_PATH'];
  });
  const engine = new DockerEngine(
    { ...endpoint, url: 'tcp://127.0.0.1:1', options: { protocol: 'https', host: '127.0.0.1', port: 1 } },
    'm',
    () => true,
  );
  const removed = await engine.removeOrphans();
  assert.equal(removed.ok ? '' : removed.problem.code, 'WHARF_DOCKER_UNREACHABLE');
});
