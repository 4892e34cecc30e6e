import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { before, test } from 'node:test';
import { removeNetwork } from '../../../src/docker/removal.ts';
import { docker } from '../../support/dockerLane.ts';
import { beginEgress, buildEgressImage, hostAddress, makeInternet, openWay } from '../../support/egress.ts';
import { until } from '../../support/until.ts';

before(buildEgressImage);

/** The end, an error or silence, and no word. */
const nothing = /^(?:E[A-Z]+|silence|)$/;

/** Says who it is, whatever it is asked, on these ports. */
function site(name: string, ports: readonly number[]): string {
  return `const http = require('http');
    Promise.all(${JSON.stringify(ports)}.map((port) => new Promise((done) => http.createServer((q, s) => {
      const [, to] = /^.to=(.*)$/.exec(q.url) ?? [];
      if (to !== undefined) s.writeHead(302, { location: decodeURIComponent(to) });
      s.end(${JSON.stringify(name)});
    }).listen(port, done)))).then(() => console.log('ready'));`;
}

/** Everything at once, so that the machine makes one network and one server for many attacks. */
test('a server that may reach one host reaches nothing else, however it tries', async (t) => {
  beginEgress(t);
  const internet = await makeInternet(t);
  const hostServer = createServer((socket) => socket.end('host'));
  await once(hostServer.listen(0, '0.0.0.0'), 'listening');
  t.after(() => hostServer.close());
  const { port: hostPort } = hostServer.address() as AddressInfo;
  const bridge = await hostAddress(t);

  const apiAddress = await internet.host(['api.example.test'], site('api', [80, hostPort, 8443, 9000, 9100]));
  const evilAddress = await internet.host(['evil.example.test'], site('evil', [80]));
  internet.name('inside.example.test', bridge);
  internet.name('granted.example.test', bridge);
  internet.name('metadata.example.test', '169.254.169.254');
  internet.name('self.example.test', '127.0.0.1');
  const names = ['api', 'inside', 'metadata', 'self'].map((name) => `${name}.example.test`);
  const way = await openWay(t, {
    internet,
    hosts: [
      ...names.map((name) => `${name}:80`),
      `inside.example.test:${hostPort}`,
      'metadata.example.test:8080',
      'api.example.test:8443',
      'api.example.test:9100',
    ],
    allowPrivate: ['metadata.example.test:8080'],
  });
  const { server, contacts, egress } = way;
  assert.equal(egress.network.kind, 'egress');
  const proxy = egress.network.kind === 'egress' ? egress.network.dns : '';
  const fetchText = (url: string): Promise<string> =>
    server
      .run<string>(`return (await fetch(${JSON.stringify(url)}, { signal: AbortSignal.timeout(5000) })).text()`)
      .catch((error: Error) => error.message);
  const tcp = (host: string, port: number, text = 'x'): Promise<string> =>
    server.run<string>(`return tcp(${JSON.stringify(host)}, ${port}, ${JSON.stringify(text)})`);
  const outcomeOf = (host: string): Promise<string> =>
    until(() => contacts.findLast((each) => each.host === host && each.port !== null)?.outcome);

  await t.test('the host that is allowed is reached by a client that knows of no proxy', async () => {
    assert.equal(await fetchText('http://api.example.test/'), 'api');
    await until(() => contacts.some(({ host, port, outcome }) => host === 'api.example.test' && port === 80 && outcome === 'opened'));
  });

  await t.test('no address is reached directly: not the allowed host, not another, not metadata, not this computer', async () => {
    const targets = [apiAddress, evilAddress, '169.254.169.254', '1.1.1.1', bridge];
    const heard = await Promise.all(targets.map((address) => tcp(address, address === bridge ? hostPort : 80, 'GET / HTTP/1.0\r\n\r\n')));
    for (const [index, text] of heard.entries()) {
      assert.match(text, nothing, targets[index]);
    }
  });

  await t.test("the engine's computer has no address in the server's network, where a network that is only internal has one", async (t) => {
    const mine = proxy.replace(/\d+$/, '1');
    assert.match(await tcp(mine, hostPort), nothing);
    // The same server on a plain internal network, to see that the attempt would be seen.
    const plain = await docker.createNetwork({ Name: `wharf-test-plain-${process.pid}`, Internal: true });
    t.after(() => removeNetwork(plain));
    await plain.connect({ Container: server.id });
    const facts = (await plain.inspect()) as { IPAM: { Config: readonly { Gateway: string }[] } };
    assert.equal(await tcp(facts.IPAM.Config[0]?.Gateway ?? '', hostPort), 'host');
  });

  await t.test('only the allowed ports are open, on the proxy and by name', async () => {
    assert.match(await tcp('api.example.test', 9000), /^E/);
    const open = await server.run<number[]>(`
      const open = [];
      const ports = Array.from({ length: 65535 }, (_, index) => index + 1);
      await Promise.all(Array.from({ length: 200 }, async () => {
        for (let port = ports.pop(); port !== undefined; port = ports.pop()) {
          await new Promise((done) => {
            const socket = net.connect({ host: ${JSON.stringify(proxy)}, port }, () => { open.push(port); socket.destroy(); done(); });
            socket.on('error', done);
          });
        }
      }));
      return open.sort((a, b) => a - b);`);
    assert.deepEqual(
      open,
      [53, 80, 8080, 8443, 9100, hostPort].toSorted((a, b) => a - b),
    );
  });

  await t.test('names that stand for private addresses, metadata or the proxy itself lead nowhere', async () => {
    for (const name of ['inside.example.test', 'metadata.example.test', 'self.example.test']) {
      assert.doesNotMatch(await fetchText(`http://${name}/`), /host|evil|api/, name);
      assert.equal(await outcomeOf(name), 'privateAddress', name);
    }
    assert.match(await tcp('inside.example.test', hostPort), nothing);
    await fetchText('http://metadata.example.test:8080/latest/meta-data');
    assert.equal(
      await until(() => contacts.findLast((each) => each.port === 8080)?.outcome),
      'privateAddress',
      'even where it was granted',
    );
  });

  await t.test('a redirect of the allowed host to a private or another host is not followed to its end', async () => {
    for (const to of [`http://${bridge}:${hostPort}/`, 'http://169.254.169.254/', 'http://evil.example.test/', `http://${evilAddress}/`]) {
      assert.doesNotMatch(await fetchText(`http://api.example.test/?to=${encodeURIComponent(to)}`), /host|evil/, to);
    }
  });

  await t.test('the Host line must name an allowed host, and exactly one', async () => {
    const request = (lines: string): string => `GET / HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`;
    for (const lines of [
      'Host: evil.example.test\r\n',
      `Host: ${evilAddress}\r\n`,
      'Host: 169.254.169.254\r\n',
      'Host: api.example.test\r\nHost: evil.example.test\r\n',
      '',
    ]) {
      assert.match(await tcp('api.example.test', 80, request(lines)), nothing, lines);
    }
    assert.equal(await outcomeOf('evil.example.test'), 'notAllowed');
    assert.match(await tcp('api.example.test', 80, request('Host: api.example.test\r\n')), /api$/);
  });

  await t.test(
    'on a port of the web that has one host, who speaks TLS or HTTP must name that host, and may speak anything else',
    async () => {
      const request = (lines: string): string => `GET / HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`;
      for (const text of [
        request(''),
        request('Host: evil.example.test\r\n'),
        request('Host: api.example.test\r\nHost: evil.example.test\r\n'),
        request('Host: \r\n'),
        'GET / HTTP/1.0\r\n\r\n',
        'CONNECT evil.example.test:443 HTTP/1.1\r\nHost: api.example.test\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00',
      ]) {
        assert.match(await tcp('api.example.test', 8443, text), nothing, text);
      }
      await until(() => contacts.some(({ host, port, outcome }) => host === 'api.example.test' && port === 8443 && outcome === 'unnamed'));
      const hello = `return new Promise((resolve) => tls.connect({ host: 'api.example.test', port: 8443, servername: '', rejectUnauthorized: false })
      .on('error', (error) => resolve(error.code)).on('secureConnect', () => resolve('connected')))`;
      assert.equal(await server.run(hello), 'ECONNRESET', 'no name in TLS');
      const half = `return new Promise((resolve) => { let heard = ''; const socket = net.connect({ host: 'api.example.test', port: 8443 });
      socket.on('data', (chunk) => (heard += chunk)).on('error', () => {}).on('close', () => resolve(heard)).end('GET / HTTP/1.1\\r\\nHost: evil'); })`;
      assert.equal(await server.run(half), '', 'half a request');
      assert.match(await tcp('api.example.test', 8443, request('Host: api.example.test:8443\r\n')), /api$/);
      assert.match(await tcp('api.example.test', 8443, 'SSH-2.0-x\r\n'), /400/, 'another protocol arrives');
      assert.match(await tcp('api.example.test', 9100, 'GET / HTTP/1.0\r\n\r\n'), /api$/, 'other ports have clients that name nobody');
    },
  );

  await t.test('the names that a server looks up carry nothing out, by the engine or straight to the proxy', async () => {
    for (const lookUp of [
      `dns.lookup('evil.example.test')`,
      `dns.resolveTxt('c2VjcmV0.evil.test')`,
      `dns.resolve4('${'a'.repeat(60)}.${'b'.repeat(60)}.evil.test')`,
      `dns.resolveAny('x.evil.test')`,
      `dns.reverse('1.1.1.1')`,
    ]) {
      await assert.rejects(server.run(`return ${lookUp}`), /ENOTFOUND|EREFUSED|ESERVFAIL|ENODATA|ETIMEOUT/, lookUp);
    }
    for (const resolver of [proxy, '8.8.8.8', bridge]) {
      const code = `const own = new dns.Resolver({ timeout: 1000, tries: 1 }); own.setServers([${JSON.stringify(resolver)}]); return own.resolve4('evil.example.test')`;
      await assert.rejects(server.run(code), /ENOTFOUND|ETIMEOUT|ECONNREFUSED|EREFUSED|ESERVFAIL/, resolver);
    }
    await until(() => contacts.some(({ host, outcome }) => host === 'evil.example.test' && outcome === 'notAllowed'));
  });

  await t.test('rubbish on every port, cut off at any moment, does not end the proxy', async () => {
    await server.run(`
      const random = (size) => require('crypto').randomBytes(Math.floor(Math.random() * size));
      const starts = ['', 'GET / HTTP/1.1\\r\\nHost: ', 'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n', '\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc', 'CONNECT evil.test:443 HTTP/1.1\\r\\n\\r\\n'];
      let left = 600;
      await Promise.all(Array.from({ length: 20 }, async () => {
        while (left-- > 0) {
          await new Promise((done) => {
            const port = [53, 80, 80, 8080][left % 4];
            const socket = net.connect({ host: ${JSON.stringify(proxy)}, port }, () => {
              socket.write(Buffer.concat([Buffer.from(starts[left % starts.length] ?? '', 'latin1'), random(3000)]));
              setTimeout(() => (left % 3 === 0 ? socket.end() : socket.resetAndDestroy()), Math.random() * 20);
            });
            socket.on('error', () => {}).on('close', done).setTimeout(500, () => socket.destroy());
          });
        }
      }));
      const udp = dgram.createSocket('udp4');
      for (let n = 0; n < 300; n++) await new Promise((done) => udp.send(random(1400), 53, ${JSON.stringify(proxy)}, done));
      udp.close();`);
    assert.equal(await fetchText('http://api.example.test/'), 'api');
  });

  await t.test('there is no IPv6, and no IPv4 inside of it', async () => {
    const addresses = await server.run<string[]>(
      `return Object.values(os.networkInterfaces()).flat().filter((each) => each.family === 'IPv6' && !each.internal).map((each) => each.address)`,
    );
    assert.deepEqual(addresses, []);
    for (const address of ['::ffff:169.254.169.254', `::ffff:${bridge}`, 'fe80::1', '2606:4700:4700::1111']) {
      assert.match(await tcp(address, hostPort), nothing, address);
    }
  });

  await t.test("another server's container and its proxy are out of reach, and so is the proxy from the hosts' side", async (t) => {
    beginEgress(t);
    const other = await openWay(t, { internet, hosts: ['api.example.test:80'] });
    const otherProxy = other.egress.network.kind === 'egress' ? other.egress.network.dns : '';
    await other.server.run(`net.createServer((socket) => socket.end('other')).listen(7000)`);
    const [address = ''] = await other.server.run<string[]>(
      `return Object.values(os.networkInterfaces()).flat().filter((each) => !each.internal).map((each) => each.address)`,
    );
    assert.match(await tcp(address, 7000), nothing);
    assert.match(await tcp(otherProxy, 80), nothing);
    assert.equal(await other.server.run(`return tcp(${JSON.stringify(address)}, 7000)`), 'other');
    const attached = (await docker.getNetwork(internet.network).inspect()) as {
      Containers: Readonly<Record<string, { Name: string; IPv4Address: string }>>;
    };
    const outside = Object.values(attached.Containers).filter(({ Name }) => Name.includes('egress'));
    assert.equal(outside.length, 2);
    for (const { IPv4Address } of outside) {
      const [ip = ''] = IPv4Address.split('/');
      await assert.rejects(once(createServer().listen(1, ip), 'listening'), /EADDRNOTAVAIL|EACCES/);
      for (const port of [53, 80]) {
        assert.equal(await refused(ip, port), 'ECONNREFUSED');
      }
    }
  });
});

async function refused(host: string, port: number): Promise<string> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3_000 }, () => {
      socket.destroy();
      resolve('connected');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.on('timeout', () => {
      socket.destroy();
      resolve('silence');
    });
  });
}
