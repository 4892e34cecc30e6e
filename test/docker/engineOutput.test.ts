import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { DockerEngine } from '../../src/docker/engine.ts';
import { ok } from '../../src/shared/result.ts';
import { callLine, dockerProxy, endpoint, exists, probeSpec, startServer, testOwner, type DockerProxy } from '../support/dockerEngine.ts';
import { docker, pauseContainer, probeImage } from '../support/dockerLane.ts';
import { until } from '../support/until.ts';

before(probeImage);

const mebibyte = 1024 * 1024;

/** Resolves when the engine has sent nothing for half a second. */
async function untilStill(proxy: DockerProxy): Promise<void> {
  let last = -1;
  let same = 0;
  await until(
    () => {
      same = proxy.passed === last ? same + 1 : 0;
      last = proxy.passed;
      return same === 10;
    },
    { everyMs: 50, what: 'the engine to send nothing more' },
  );
}

suite('the output and the end of a server', { concurrency: true }, () => {
  test('while its output is paused a chatty server is held up, and afterwards nothing is missing', async (t) => {
    const proxy = await dockerProxy(t);
    const owner = testOwner();
    const server = await startServer(t, new DockerEngine(proxy.endpoint, owner.machine, () => true), probeSpec(owner));
    const calls = 40;
    let heard = 0;
    let lines = 0;
    let pausedAt = 0;
    server.onStdout((bytes) => {
      heard += bytes.length;
      lines += bytes.filter((byte) => byte === 0x0a).length;
      if (pausedAt === 0 && heard > mebibyte) {
        pausedAt = heard;
        server.pauseOutput();
      }
    });
    await server.write(Buffer.concat(Array.from({ length: calls }, (_, n) => callLine(n, 'big', { bytes: mebibyte }))));
    await until(() => pausedAt > 0);
    await untilStill(proxy);
    assert.ok(proxy.passed < 10 * mebibyte, `${proxy.passed} bytes of ${calls} MiB passed`);
    // The piece that was being handed out may have been longer.
    assert.ok(heard - pausedAt <= 128 * 1024, `${heard - pausedAt} bytes were heard while it was paused`);
    server.resumeOutput();
    await until(() => lines === calls, { what: 'all answers' });
    assert.ok(heard > calls * mebibyte);
    await server.stop();
  });

  test('output that is paused before anybody listens waits for the listener', async (t) => {
    const proxy = await dockerProxy(t);
    const owner = testOwner();
    const server = await startServer(t, new DockerEngine(proxy.endpoint, owner.machine, () => true), probeSpec(owner));
    server.pauseOutput();
    const heard: string[] = [];
    server.onStdout((bytes) => void heard.push(Buffer.from(bytes).toString()));
    const before = proxy.passed;
    await server.write(callLine(1, 'echo', { text: 'early' }));
    await until(() => proxy.passed > before, { what: 'the answer to come from the engine' });
    await untilStill(proxy);
    assert.deepEqual(heard, []);
    server.resumeOutput();
    await until(() => heard.join('').includes('echo: early'));
    await server.stop();
  });

  test('to resume before anybody listens loses nothing', async (t) => {
    const owner = testOwner();
    const server = await startServer(t, new DockerEngine(endpoint, owner.machine, () => true), probeSpec(owner, ['--misbehave=exit']));
    server.pauseOutput();
    server.resumeOutput();
    await until(async () => !(await exists(server.id)), { what: 'the server to end' });
    const heard: string[] = [];
    server.onStderr((bytes) => void heard.push(Buffer.from(bytes).toString()));
    await until(() => heard.join('').includes('giving up'));
    assert.deepEqual(await server.exited, { code: 3 });
  });

  test('the end of a server whose output is paused is told after its last words were heard', async (t) => {
    const proxy = await dockerProxy(t);
    const owner = testOwner();
    const server = await startServer(t, new DockerEngine(proxy.endpoint, owner.machine, () => true), probeSpec(owner));
    let heard = 0;
    let hasExited = false;
    void server.exited.then(() => (hasExited = true));
    server.onStdout((bytes) => (heard += bytes.length));
    server.pauseOutput();
    const before = proxy.passed;
    await server.write(callLine(1, 'big', { bytes: 150_000 }));
    await until(() => proxy.passed - before > 150_000, { what: 'the answer to come from the engine' });
    await server.write(callLine(2, 'crash'));
    await until(async () => !(await exists(server.id)), { what: 'the server to end' });
    // Longer than the last output of a server that is not paused may take.
    const from = performance.now();
    await until(() => performance.now() - from > 1_500);
    assert.equal(hasExited, false);
    assert.equal(heard, 0);
    server.resumeOutput();
    assert.deepEqual(await server.exited, { code: 9 });
    assert.ok(heard > 150_000);
  });

  test('a server whose output is paused and full is stopped', async (t) => {
    const owner = testOwner();
    const server = await startServer(
      t,
      new DockerEngine(endpoint, owner.machine, () => true),
      probeSpec(owner, ['--misbehave=ignore-eof']),
    );
    server.onStdout(() => undefined);
    server.pauseOutput();
    await server.write(Buffer.concat(Array.from({ length: 20 }, (_, n) => callLine(n, 'big', { bytes: mebibyte }))));
    await server.stop();
    assert.equal(await exists(server.id), false);
  });

  test('a frozen server does nothing until it is thawed, and then answers', async (t) => {
    const owner = testOwner();
    const server = await startServer(t, new DockerEngine(endpoint, owner.machine, () => true), probeSpec(owner));
    const heard: string[] = [];
    server.onStdout((bytes) => void heard.push(Buffer.from(bytes).toString()));
    assert.deepEqual(await server.freeze?.(), { ok: true, value: null });
    assert.equal((await docker.getContainer(server.id).inspect()).State.Paused, true);
    assert.deepEqual(await server.freeze?.(), { ok: true, value: null });
    await server.write(callLine(1, 'echo', { text: 'late' }));
    assert.deepEqual(await server.thaw?.(), { ok: true, value: null });
    await until(() => heard.join('').includes('echo: late'));
    assert.deepEqual(await server.thaw?.(), { ok: true, value: null });
    await server.stop();
  });

  test('a thaw never overtakes the freeze before it', async (t) => {
    const owner = testOwner();
    const server = await startServer(t, new DockerEngine(endpoint, owner.machine, () => true), probeSpec(owner));
    const results = await Promise.all([server.freeze?.(), server.thaw?.(), server.freeze?.(), server.thaw?.()]);
    assert.deepEqual(
      results,
      Array.from({ length: 4 }, () => ok(null)),
    );
    assert.equal((await docker.getContainer(server.id).inspect()).State.Paused, false);
    await server.stop();
  });

  test('to freeze or thaw a server that is gone is a failure, not a hang', async (t) => {
    const owner = testOwner();
    const server = await startServer(t, new DockerEngine(endpoint, owner.machine, () => true), probeSpec(owner));
    await server.stop();
    for (const result of [await server.freeze?.(), await server.thaw?.()]) {
      assert.equal(result?.ok === false && result.problem.code, 'WHARF_DOCKER_FAILED');
    }
  });

  for (const [whose, command] of [
    ['a server', []],
    ['a server that ignores the end of its input', ['--misbehave=ignore-eof']],
  ] as const) {
    test(`${whose} that is frozen, by us or by somebody else, is stopped and nothing is left`, async (t) => {
      const owner = testOwner();
      const engine = new DockerEngine(endpoint, owner.machine, () => true);
      const [ours, theirs] = await Promise.all([
        startServer(t, engine, probeSpec(owner, command)),
        startServer(t, engine, probeSpec(owner, command)),
      ]);
      await ours.freeze?.();
      await pauseContainer(theirs.id);
      await Promise.all([ours.stop(), theirs.stop()]);
      assert.equal(await exists(ours.id), false);
      assert.equal(await exists(theirs.id), false);
    });
  }

  test('what is written before the end of the input is read, and the server ends by itself', async (t) => {
    const owner = testOwner();
    const server = await startServer(t, new DockerEngine(endpoint, owner.machine, () => true), probeSpec(owner));
    const heard: string[] = [];
    server.onStdout((bytes) => void heard.push(Buffer.from(bytes).toString()));
    await server.write(callLine(1, 'echo', { text: 'last' }));
    server.endInput();
    assert.deepEqual(await server.exited, { code: 0 });
    assert.match(heard.join(''), /echo: last/);
  });
});
