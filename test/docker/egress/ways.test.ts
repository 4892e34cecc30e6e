import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { DockerEngine } from '../../../src/docker/engine.ts';
import { docker } from '../../support/dockerLane.ts';
import { beginEgress, buildEgressImage, egressEngine, hostAddress, hosts, makeInternet, openWay } from '../../support/egress.ts';
import { endpoint, testOwner } from '../../support/dockerEngine.ts';
import { until } from '../../support/until.ts';

before(buildEgressImage);

/** A key and a certificate, made for this run. */
async function certificate(t: TestContext): Promise<{ readonly key: string; readonly cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-cert-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=example.test',
  ];
  await promisify(execFile)('openssl', [...args, '-keyout', key, '-out', cert]);
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
}

/** Says its name over TLS to whoever connects. */
function tlsSite(name: string, port: number, pair: object): string {
  return `require('tls').createServer(${JSON.stringify(pair)}, (s) => s.on('error', () => {}).end(${JSON.stringify(name)})).listen(${port}, () => console.log('ready'))`;
}

/** Speaks first, as databases and mail servers do. */
function greeter(name: string, port: number): string {
  return `require('net').createServer((s) => s.on('error', () => {}).end(${JSON.stringify(name)})).listen(${port}, () => console.log('ready'))`;
}

/** What a client of TLS hears at a host under the name that it says. */
function tlsCall(host: string, servername: string, port = 443): string {
  return `return new Promise((resolve) => {
    let heard = '';
    const socket = tls.connect({ host: ${JSON.stringify(host)}, port: ${port}, servername: ${JSON.stringify(servername)}, rejectUnauthorized: false });
    socket.on('data', (chunk) => (heard += chunk)).on('error', (error) => resolve(error.code)).on('close', () => resolve(heard));
  })`;
}

test('hosts that share a port are told apart by TLS, by pattern or by a proxy each', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  const pair = await certificate(t);
  await internet.host(['a.example.test'], tlsSite('a', 443, pair));
  await internet.host(['b.wild.test'], tlsSite('b', 443, pair));
  await internet.host(['evil.test'], tlsSite('evil', 443, pair));
  await internet.host(['db1.example.test'], greeter('db1', 5432));
  await internet.host(['db2.example.test'], greeter('db2', 5432));
  const { server, contacts, egress } = await openWay(t, {
    internet,
    hosts: ['a.example.test:443', '*.wild.test:443', 'db1.example.test:5432', 'db2.example.test:5432'],
  });

  await t.test('TLS goes to the host that it names, and to no other', async () => {
    assert.equal(await server.run(tlsCall('a.example.test', 'a.example.test')), 'a');
    assert.equal(await server.run(tlsCall('b.wild.test', 'b.wild.test')), 'b');
    assert.equal(await server.run(tlsCall('a.example.test', 'evil.test')), 'ECONNRESET');
    assert.equal(await until(() => contacts.findLast(({ host }) => host === 'evil.test')?.outcome), 'notAllowed');
    assert.equal(await server.run(tlsCall('a.example.test', '')), 'ECONNRESET');
    await until(() => contacts.some(({ outcome }) => outcome === 'unnamed'));
  });

  await t.test('two servers that speak first on one port are both reached', async () => {
    assert.equal(await server.run(`return tcp('db1.example.test', 5432)`), 'db1');
    assert.equal(await server.run(`return tcp('db2.example.test', 5432)`), 'db2');
    const closed = await until(() => contacts.find(({ host, outcome }) => host === 'db2.example.test' && outcome === 'closed'));
    assert.equal(closed.received, 3);
  });

  await t.test('a proxy has a limit of everything, no capability, a read-only root, and no right of the user root', async () => {
    const names = egress.network.kind === 'egress' ? egress.network.links.map((link) => link.split(':')[0] ?? '') : [];
    assert.equal(new Set(names).size, 2);
    const { HostConfig: host, Config: config } = await docker.getContainer(names[0] ?? '').inspect();
    assert.equal(host.Memory, 64 * 1024 * 1024);
    assert.equal(host.NanoCpus, 5e8);
    assert.deepEqual(host.CapDrop, ['ALL']);
    assert.deepEqual(host.SecurityOpt, ['no-new-privileges']);
    assert.equal(host.ReadonlyRootfs, true);
    assert.equal(config.User, '65532:65532');
    assert.equal(config.Labels['wharf.role'], 'egress');
  });
});

test('a server that learns reaches public names over TLS and HTTP, never private ones, and each is told', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  const pair = await certificate(t);
  await internet.host(['a.example.test', 'b.example.test'], tlsSite('a', 443, pair));
  internet.name('inside.test', '172.17.0.1');
  const { server, contacts } = await openWay(t, { internet, hosts: [], learn: true });
  assert.equal(await server.run(tlsCall('a.example.test', 'a.example.test')), 'a');
  assert.equal(await server.run(tlsCall('inside.test', 'inside.test')), 'ECONNRESET');
  const opened = await until(() => contacts.find(({ outcome }) => outcome === 'opened'));
  assert.deepEqual([opened.host, opened.port], ['a.example.test', 443]);
  assert.equal(
    await until(() => contacts.findLast(({ host, port }) => host === 'inside.test' && port !== null)?.outcome),
    'privateAddress',
  );
});

test('a private host is reached when exactly it was granted', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  const gateway = await hostAddress(t);
  const listener = createServer((socket) => socket.on('error', () => undefined).end('inside'));
  await once(listener.listen(0, '0.0.0.0'), 'listening');
  t.after(() => listener.close());
  const { port } = listener.address() as AddressInfo;
  internet.name('granted.test', gateway);
  internet.name('other.test', gateway);
  const allowed = [`granted.test:${port}`, `other.test:${port}`];
  const { server } = await openWay(t, { internet, hosts: allowed, allowPrivate: [allowed[0] ?? ''] });
  assert.equal(await server.run(`return tcp('granted.test', ${port})`), 'inside');
  assert.equal(await server.run(`return tcp('other.test', ${port})`), '');
});

test('a way that cannot be opened says why and leaves nothing', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  const owner = testOwner();
  const labels = { 'wharf.managed': 'true', 'wharf.machine': owner.machine };
  const engine = egressEngine(owner, internet);
  const plan = { server: 'x', labels, learn: false, allowPrivate: [], onContact: () => undefined };
  const impossible = await engine.openEgress({ ...plan, hosts: hosts(['10.0.0.1:5432']) });
  assert.equal(impossible.ok ? '' : impossible.problem.code, 'WHARF_EGRESS_ADDRESS');
  const image = 'wharf-test/there-is-none:1';
  const imageless = new DockerEngine(endpoint, owner.machine, () => true, { image });
  const missing = await imageless.openEgress({ ...plan, hosts: hosts(['a.test:443']) });
  assert.equal(missing.ok ? '' : missing.problem.code, 'WHARF_OWN_IMAGE_MISSING');
  const filters = { label: [`wharf.machine=${owner.machine}`] };
  assert.deepEqual(await docker.listNetworks({ filters }), []);
  assert.deepEqual(await docker.listContainers({ all: true, filters }), []);
});

test('the way of a server that lost its proxy says so, and closing it twice leaves nothing', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  const way = await openWay(t, { internet, hosts: ['a.test:443'] });
  const filters = { label: [`wharf.machine=${way.owner.machine}`] };
  const [proxy] = await docker.listContainers({ filters });
  await docker.getContainer(proxy?.Id ?? '').kill();
  const problem = await way.egress.failed;
  assert.equal(problem.code, 'WHARF_EGRESS_FAILED');
  await Promise.all([way.egress.close(), way.egress.close()]);
  assert.deepEqual(await docker.listNetworks({ filters }), []);
  assert.deepEqual(await docker.listContainers({ all: true, filters }), []);
});

test('hundreds of connections at once end no proxy, and those that are too many are told', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  const endless = `require('net').createServer((s) => { s.on('error', () => {}); const more = () => { while (s.write(Buffer.alloc(65536))); }; s.on('drain', more); more(); }).listen(9000, () => console.log('ready'))`;
  await internet.host(['api.example.test'], endless);
  const { server, contacts, egress } = await openWay(t, { internet, hosts: ['api.example.test:9000'] });
  // They read nothing, so that everything waits in the proxy.
  await server.run(`
    const open = (done) => net.connect({ host: 'api.example.test', port: 9000 }, function () { this.pause(); done(); }).on('error', done);
    await Promise.all(Array.from({ length: 400 }, () => new Promise(open)));`);
  await until(() => contacts.some(({ outcome }) => outcome === 'busy'), { timeoutMs: 60_000, what: 'word of those that are too many' });
  const [proxy] = egress.network.kind === 'egress' ? egress.network.links.map((link) => link.split(':')[0] ?? '') : [];
  const stats = async (): Promise<number> => {
    const { memory_stats: memory } = await docker.getContainer(proxy ?? '').stats({ stream: false });
    return Math.round(memory.usage / 1024 / 1024);
  };
  t.diagnostic(`the proxy uses ${await stats()} MB`);
  assert.equal((await docker.getContainer(proxy ?? '').inspect()).State.Running, true);
  assert.equal(await server.run(`return dns.lookup('api.example.test').then(() => 'found')`), 'found');
});
