import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, suite, test, type TestContext } from 'node:test';
import type { ContainerOwner } from '../../src/core/container/labels.ts';
import { createOptions } from '../../src/docker/createOptions.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { containersOn, dockerProxy, endpoint, exists, probeSpec, removeAfter, startServer, testOwner } from '../support/dockerEngine.ts';
import { docker, pauseContainer, probeImage } from '../support/dockerLane.ts';
import { sampleTags } from '../support/images.ts';
import { until } from '../support/until.ts';

before(probeImage);

interface Seen {
  readonly known: Set<string>;
  readonly lines: string[];
  changes: number;
}

/** A watch that ends with the test, and what it told. Waits until it follows the engine. */
async function watch(t: TestContext, engine: DockerEngine, owner: ContainerOwner): Promise<Seen & { readonly stop: () => void }> {
  const seen: Seen = { known: new Set(), lines: [], changes: 0 };
  const stop = engine.watch(owner, {
    isKnown: (id) => seen.known.has(id),
    imagesChanged: () => seen.changes++,
    log: (line) => seen.lines.push(line),
  });
  t.after(stop);
  await until(() => seen.changes > 0, { what: 'the watch to begin' });
  return Object.assign(seen, { stop });
}

/** A container with the labels of an owner that this process does not hold. */
async function strayContainer(t: TestContext, owner: ContainerOwner): Promise<string> {
  const container = await docker.createContainer(
    createOptions(probeSpec(owner, ['--misbehave=ignore-eof']), { volumes: [], user: '65532:65532' }),
  );
  removeAfter(t, container.id);
  await container.start();
  return container.id;
}

/** Another gateway on the same machine, as a process. */
async function otherGateway(t: TestContext, machine: string): Promise<{ readonly child: ChildProcess; readonly container: string }> {
  const program = join(import.meta.dirname, '..', 'support', 'containerOwner.ts');
  const child = spawn(process.execPath, [program, machine], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [container] = (await once(createInterface(child.stdout), 'line')) as [string];
  assert.match(container, /^[0-9a-f]{64}$/);
  removeAfter(t, container);
  return { child, container };
}

/** Like the gateway's own, for processes that this one has waited for. */
function isRunning({ pid }: ContainerOwner): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

suite('a watch over containers', { concurrency: true }, () => {
  for (const order of ['begins before', 'begins after'] as const) {
    test(`the container of a killed gateway is gone within 10 seconds when a watch ${order} its start`, async (t) => {
      const owner = testOwner();
      const engine = new DockerEngine(endpoint, owner.machine, isRunning);
      const first = order === 'begins before' ? await watch(t, engine, owner) : undefined;
      const { child, container } = await otherGateway(t, owner.machine);
      const { lines } = first ?? (await watch(t, engine, owner));
      assert.ok(await exists(container));
      const from = performance.now();
      child.kill('SIGKILL');
      await once(child, 'exit');
      await until(async () => !(await exists(container)), { timeoutMs: 10_000, what: 'the container to be removed' });
      t.diagnostic(`gone ${Math.round(performance.now() - from)} ms after the kill`);
      await until(() => lines.length > 0);
      assert.deepEqual(lines, [`Removed the container ${container.slice(0, 12)} of a gateway that died.`]);
    });
  }

  test('a container of ours that nobody knows is removed, also a paused one; one that is known or held stays', async (t) => {
    const owner = testOwner();
    const engine = new DockerEngine(endpoint, owner.machine, () => true);
    const held = await startServer(t, engine, probeSpec(owner));
    const [forgotten, paused, known] = await Promise.all([strayContainer(t, owner), strayContainer(t, owner), strayContainer(t, owner)]);
    await pauseContainer(paused);
    const seen = await watch(t, engine, owner);
    seen.known.add(known);
    const late = await strayContainer(t, owner);
    await until(async () => (await containersOn(owner)).length === 2, {
      timeoutMs: 20_000,
      what: 'the forgotten containers to be removed',
    });
    assert.deepEqual(new Set(await containersOn(owner)), new Set([held.id, known]));
    assert.equal(seen.lines.length, 3);
    assert.ok([forgotten, paused, late].every((id) => seen.lines.some((line) => line.includes(id.slice(0, 12)))));
    // It is forgotten only now.
    seen.known.clear();
    await until(async () => !(await exists(known)), { timeoutMs: 20_000, what: 'the last one to be removed' });
    assert.ok(await exists(held.id));
    await held.stop();
  });

  test('containers of other machines and of living gateways stay', async (t) => {
    const owner = testOwner();
    const elsewhere = testOwner();
    const engine = new DockerEngine(endpoint, owner.machine, ({ startedAt }) => startedAt === '2');
    const [living, far, dead] = await Promise.all([
      strayContainer(t, { ...owner, startedAt: '2' }),
      strayContainer(t, elsewhere),
      strayContainer(t, { ...owner, startedAt: '3' }),
    ]);
    await watch(t, engine, owner);
    await until(async () => !(await exists(dead)), { timeoutMs: 20_000, what: 'the container of the dead gateway to be removed' });
    assert.ok((await exists(living)) && (await exists(far)));
  });

  test('an image that comes, goes or changes its tags is told', async (t) => {
    const owner = testOwner();
    const seen = await watch(t, new DockerEngine(endpoint, owner.machine, () => true), owner);
    const tag = `wharf-sample/tagged:${process.pid}`;
    const before = seen.changes;
    await docker.getImage(sampleTags.probe).tag({ repo: 'wharf-sample/tagged', tag: String(process.pid) });
    await until(() => seen.changes > before, { what: 'the tag to be told' });
    const tagged = seen.changes;
    await docker.getImage(tag).remove();
    await until(() => seen.changes > tagged, { what: 'the end of the tag to be told' });
  });

  test('after the engine was away the watch looks at everything again', async (t) => {
    const proxy = await dockerProxy(t);
    const owner = testOwner();
    const engine = new DockerEngine(proxy.endpoint, owner.machine, ({ startedAt }) => startedAt !== '3');
    const seen = await watch(t, engine, owner);
    proxy.cut();
    await until(() => seen.lines.length === 1, { what: 'the outage to be told' });
    assert.match(seen.lines[0] ?? '', /^Docker's events cannot be followed/);
    const dead = await strayContainer(t, { ...owner, startedAt: '3' });
    const forgotten = await strayContainer(t, owner);
    const before = seen.changes;
    proxy.mend();
    await until(() => seen.changes > before, { what: 'the images to be told as changed' });
    assert.equal(seen.lines[1], 'Docker answers again.');
    await until(async () => !(await exists(dead)) && !(await exists(forgotten)), { timeoutMs: 20_000, what: 'both to be removed' });
  });

  test('a watch that is stopped leaves no connection, at any moment', async (t) => {
    const proxy = await dockerProxy(t);
    const owner = testOwner();
    const engine = new DockerEngine(proxy.endpoint, owner.machine, () => true);
    const { stop } = await watch(t, engine, owner);
    assert.ok(proxy.open > 0);
    stop();
    await until(() => proxy.open === 0, { what: 'the connections to be closed' });
    engine.watch(owner, { isKnown: () => true, imagesChanged: () => undefined, log: () => undefined })();
    proxy.cut();
    engine.watch(owner, { isKnown: () => true, imagesChanged: () => undefined, log: () => undefined })();
    proxy.mend();
    const seen = await watch(t, engine, owner);
    seen.stop();
    await until(() => proxy.open === 0, { what: 'the connections to be closed' });
  });

  test('a watch alone keeps no process alive', async (t) => {
    const program = join(import.meta.dirname, '..', 'support', 'containerOwner.ts');
    const child = spawn(process.execPath, [program, testOwner().machine, '--watch'], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    assert.equal(line, 'watching');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});
