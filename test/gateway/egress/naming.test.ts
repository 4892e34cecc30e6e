import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import * as fc from 'fast-check';
import { readClientHello } from '../../../src/gateway/egress/clientHello.ts';
import { readHttpHost } from '../../../src/gateway/egress/httpHost.ts';

/** What a real client of TLS says first. */
async function realHello(options: object): Promise<Buffer> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }).on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** The same message in records of another size. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const pieces: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const piece = message.subarray(at, at + size);
    pieces.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece);
  }
  return Buffer.concat(pieces);
}

const named = (name: string): object => ({ kind: 'named', name });

test('the name in a real ClientHello is found, of TLS 1.2 and 1.3, in one record or in many', async () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    const hello = await realHello({ servername: 'Api.Example.TEST', maxVersion });
    assert.deepEqual(readClientHello(hello), named('api.example.test'), maxVersion);
    assert.deepEqual(readClientHello(inRecords(hello, 7)), named('api.example.test'));
    assert.deepEqual(readClientHello(Buffer.concat([hello, Buffer.from('more')])), named('api.example.test'));
  }
});

test('a ClientHello without a name is unnamed, and half of one is waited for', async () => {
  const hello = await realHello({ servername: '' });
  assert.deepEqual(readClientHello(hello), { kind: 'unnamed' });
  for (const bytes of [hello, inRecords(hello, 11)]) {
    for (let length = 0; length < bytes.length; length++) {
      assert.deepEqual(readClientHello(bytes.subarray(0, length)), { kind: 'more' }, String(length));
    }
  }
});

test('what is no ClientHello is not taken for one', () => {
  for (const text of ['GET / HTTP/1.1\r\n', '\x16\x02\x00', '\x00', 'SSH-2.0-x\r\n']) {
    assert.deepEqual(readClientHello(Buffer.from(text, 'latin1')), { kind: 'other' }, text);
  }
  assert.deepEqual(readClientHello(Buffer.from([22, 3, 1, 0xff, 0xff, 1])), { kind: 'unnamed' });
  assert.deepEqual(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), { kind: 'unnamed' });
});

test('no bytes make the readers fail or give a name that is none', () => {
  const isSound = (naming: { readonly kind: string; readonly name?: string }): boolean =>
    naming.kind !== 'named' || /^[a-z0-9_.:-]{1,254}$/.test(naming.name ?? '');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => isSound(readClientHello(bytes)) && isSound(readHttpHost(bytes))));
  const records = fc
    .uint8Array({ maxLength: 400 })
    .map((body) => Buffer.concat([Buffer.from([22, 3, 1, 0, body.length & 255, 1, 0, 0, body.length & 255]), body]));
  fc.assert(fc.property(records, (bytes) => isSound(readClientHello(bytes))));
  fc.assert(fc.property(fc.string(), (text) => isSound(readHttpHost(Buffer.from(`GET / HTTP/1.1\r\nHost: ${text}\r\n\r\n`)))));
});

test('a real ClientHello with any byte changed never makes the reader fail', async () => {
  const hello = await realHello({ servername: 'api.example.test' });
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, byte) => {
      const bytes = Buffer.from(hello);
      bytes[at] = byte;
      return readClientHello(bytes).kind !== undefined;
    }),
    { numRuns: 2_000 },
  );
});

test('the host of an HTTP request is its Host line, without a port', () => {
  const read = (text: string): object => readHttpHost(Buffer.from(text));
  assert.deepEqual(read('GET / HTTP/1.1\r\nHost: Api.Example.test:8080\r\n\r\n'), named('api.example.test'));
  assert.deepEqual(read('POST /x HTTP/1.0\nA: b\nhost:api.example.test.\n\nbody'), named('api.example.test'));
  assert.deepEqual(read('GET http://api.example.test/x HTTP/1.1\r\n\r\n'), named('api.example.test'));
  assert.deepEqual(read('GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n'), named('::1'));
});

test('a request that names two hosts, none, or a tunnel has none', () => {
  const read = (text: string): object => readHttpHost(Buffer.from(text));
  for (const text of [
    'GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n',
    'GET http://a.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a.test@b.test\r\n\r\n',
    `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(4_000)}`,
  ]) {
    assert.deepEqual(read(text), { kind: 'unnamed' }, text.slice(0, 40));
  }
});

test('other protocols are not held back, and half a request is waited for', () => {
  const read = (text: string): object => readHttpHost(Buffer.from(text, 'latin1'));
  for (const text of ['GET key\r\n', 'AMQP\0', 'EHLO x\r\n', 'PING\r\n', '\0\0\0\x08', 'get x\r\n', 'GETX']) {
    assert.deepEqual(read(text), { kind: 'other' }, text);
  }
  const request = 'OPTIONS / HTTP/1.1\r\nHost: api.example.test\r\n\r\n';
  for (let length = 0; length < request.length; length++) {
    assert.deepEqual(read(request.slice(0, length)), { kind: 'more' }, String(length));
  }
});
