import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, suite, test, type TestContext } from 'node:test';
import { createOptions } from '../../../src/docker/createOptions.ts';
import { DockerEngine } from '../../../src/docker/engine.ts';
import { removeContainer, removeNetwork } from '../../../src/docker/removal.ts';
import type { ContainerOwner } from '../../../src/core/container/labels.ts';
import { endpoint, probeSpec, testOwner } from '../../support/dockerEngine.ts';
import { docker, probeImage } from '../../support/dockerLane.ts';
import { buildEgressImage } from '../../support/egress.ts';
import { until } from '../../support/until.ts';

before(async () => {
  await Promise.all([buildEgressImage(), probeImage()]);
});

/** Everything of a machine: containers and networks. */
async function left({ machine }: ContainerOwner): Promise<readonly string[]> {
  const filters = { label: [`wharf.machine=${machine}`] };
  const [containers, networks] = await Promise.all([docker.listContainers({ all: true, filters }), docker.listNetworks({ filters })]);
  return [...containers.map(({ Id, Labels }) => `${Labels['wharf.role'] ?? 'server'} ${Id}`), ...networks.map(({ Id }) => `network ${Id}`)];
}

/** Another gateway with a server on a way out that needs two proxies. What is left of it is removed after the test. */
async function otherGateway(t: TestContext, owner: ContainerOwner): Promise<ChildProcess> {
  const program = join(import.meta.dirname, '..', '..', 'support', 'egressOwner.ts');
  const child = spawn(process.execPath, [program, owner.machine], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    child.kill('SIGKILL');
    for (const [kind, id = ''] of (await left(owner)).map((each) => each.split(' '))) {
      await (kind === 'network' ? removeNetwork(docker.getNetwork(id)) : removeContainer(docker.getContainer(id)));
    }
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  assert.equal(line, 'ready');
  assert.deepEqual((await left(owner)).map((each) => each.replace(/ .*/, '')).toSorted(), ['egress', 'egress', 'network', 'server']);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

suite('what is left of ways out', { concurrency: true }, () => {
  test('the next gateway removes networks and proxies of one that was killed', async (t) => {
    const owner = testOwner();
    await kill(await otherGateway(t, owner));
    const engine = new DockerEngine(endpoint, owner.machine, () => false);
    const removed = await engine.removeOrphans();
    assert.ok(removed.ok && removed.value >= 1);
    assert.deepEqual(await left(owner), []);
  });

  test('a gateway that lives removes them within 10 seconds', async (t) => {
    const owner = testOwner();
    let alive = true;
    const engine = new DockerEngine(endpoint, owner.machine, () => alive);
    let seen = 0;
    const stop = engine.watch(
      { ...owner, pid: 1 },
      { isKnown: () => false, imagesChanged: () => seen++, log: (line) => t.diagnostic(line) },
    );
    t.after(stop);
    await until(() => seen > 0);
    await kill(await otherGateway(t, owner));
    alive = false;
    const from = performance.now();
    await until(async () => (await left(owner)).length === 0, { timeoutMs: 10_000, what: 'everything to be removed' });
    t.diagnostic(`nothing left after ${Math.round(performance.now() - from)} ms`);
  });

  test('a network of our own that nobody holds is removed, also with a container in it', async (t) => {
    const owner = testOwner();
    const engine = new DockerEngine(endpoint, owner.machine, () => true);
    let seen = 0;
    const stop = engine.watch(owner, { isKnown: () => false, imagesChanged: () => seen++, log: () => undefined });
    t.after(stop);
    await until(() => seen > 0);
    const spec = probeSpec(owner, ['--misbehave=ignore-eof']);
    const network = await docker.createNetwork({ Name: `${owner.machine}-lost`, Internal: true, Labels: { ...spec.labels } });
    t.after(() => removeNetwork(network));
    const container = await docker.createContainer({
      ...createOptions(
        { ...spec, network: { kind: 'egress', network: `${owner.machine}-lost`, dns: '127.0.0.1', links: [] } },
        { volumes: [], user: '' },
      ),
      Labels: {},
    });
    t.after(() => removeContainer(container));
    await container.start();
    await until(async () => (await left(owner)).length === 0, { timeoutMs: 15_000, what: 'the network to be removed' });
  });
});
