import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { containerLabels } from '../../../src/core/container/labels.ts';
import { DockerEngine } from '../../../src/docker/engine.ts';
import { testOwner } from '../../support/dockerEngine.ts';
import { buildEgressImage, egressImage, hosts } from '../../support/egress.ts';
import { startDockerd } from '../../support/privateDockerd.ts';
import { until } from '../../support/until.ts';

before(buildEgressImage);

test('a way out that an engine takes with it says so, and nothing of it is left when the engine is back', async (t) => {
  const engine = await startDockerd(t, egressImage);
  if (engine === undefined) {
    return;
  }
  await engine.docker.createNetwork({ Name: 'outside' });
  const owner = testOwner();
  const own = new DockerEngine(engine.endpoint, owner.machine, () => true, { outgoing: 'outside' });
  const labels = containerLabels(owner, { profile: 'test', server: 'x' });
  const plan = { server: 'x', labels, hosts: hosts(['a.test:443']), learn: false, allowPrivate: [], onContact: () => undefined };
  const opened = await own.openEgress(plan);
  assert.ok(opened.ok, JSON.stringify(opened));
  await engine.kill('SIGKILL');
  assert.equal((await opened.value.failed).code, 'WHARF_EGRESS_FAILED');
  const closed = opened.value.close();
  await engine.start();
  await closed;
  const filters = { label: [`wharf.machine=${owner.machine}`] };
  await until(async () => (await engine.docker.listNetworks({ filters })).length === 0, {
    timeoutMs: 30_000,
    what: 'the network to be gone',
  });
  await until(async () => (await engine.docker.listContainers({ all: true, filters })).length === 0, { timeoutMs: 30_000 });
});
