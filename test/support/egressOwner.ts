import { containerLabels } from '../../src/core/container/labels.ts';
import { DockerEngine } from '../../src/docker/engine.ts';
import { endpoint, probeSpec } from './dockerEngine.ts';

/**
 * A small gateway: `node egressOwner.ts MACHINE` opens a way out, starts a server on it that ignores the end of its input, writes
 * "ready", and stays. WHARF_IMAGE names the proxy's image.
 */
const [machine = ''] = process.argv.slice(2);
const owner = { machine, boot: 'boot', pid: process.pid, startedAt: '1' };
const engine = new DockerEngine(endpoint, machine, () => true);
const labels = containerLabels(owner, { profile: 'test', server: 'probe' });
const hosts = [
  { host: 'a.test', port: 5432 },
  { host: 'b.test', port: 5432 },
];
const egress = await engine.openEgress({ server: 'probe', labels, hosts, learn: false, allowPrivate: [], onContact: () => undefined });
if (egress.ok) {
  const started = await engine.start({ ...probeSpec(owner, ['--misbehave=ignore-eof']), network: egress.value.network });
  console.log(started.ok ? 'ready' : started.problem.message);
} else {
  console.log(JSON.stringify(egress.problem));
}
