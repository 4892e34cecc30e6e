import assert from 'node:assert/strict';
import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect, type PeerCertificate, type SecureVersion } from 'node:tls';

import type { HttpLimits } from '../../../src/gateway/http/limits.ts';
import { readTls, type TlsPair } from '../../../src/gateway/http/tls.ts';
import { makeCertificate, type Certificate } from '../../support/certificate.ts';
import { until } from '../../support/until.ts';
import { send, startFront, token, usual, type TestFront } from './front.ts';

test('calls go over TLS 1.2 and newer, and over nothing older', async (t) => {
  const certificate = await makeCertificate(t);
  const { front } = await startSecure(t, certificate);
  assert.match(front.url, /^https:\/\/127\.0\.0\.1:\d+\/mcp$/);
  const answer = await post(front.port, certificate.ca, {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18' },
  });
  assert.equal(answer.status, 200);
  assert.match(answer.text, /scripted one/);
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  for (const [version, isFine] of [
    ['TLSv1.1', false],
    ['TLSv1.2', true],
    ['TLSv1.3', true],
  ] as const) {
    assert.equal((await handshake(front.port, certificate.ca, version)) !== undefined, isFine, version);
  }
});

test('who writes http:// is told to write https://, and whatever else comes ends', async (t) => {
  const { front, origin } = await startSecure(t, await makeCertificate(t), { headMs: 300 });
  const plain = await send(origin, { body: { jsonrpc: '2.0', id: 1, method: 'ping' } });
  assert.equal(plain.status, 400);
  assert.match(plain.text, /https:\/\//);
  const sockets = ['\u0016\u0003\u0001\u0000\u0005hello', 'SSH-2.0-x\r\n', ''].map((text) => {
    const socket = connectPlain(front.port, '127.0.0.1');
    t.after(() => socket.destroy());
    let isClosed = false;
    socket.on('close', () => (isClosed = true)).on('error', () => undefined);
    socket.resume();
    socket.write(text);
    return () => isClosed;
  });
  await until(() => sockets.every((isClosed) => isClosed()), { what: 'connections without TLS to end' });
});

test('connections that never show the token push each other out behind TLS as well', async (t) => {
  const certificate = await makeCertificate(t);
  const { front } = await startSecure(t, certificate, { strangers: 2 });
  const trusted = connect({ port: front.port, host: '127.0.0.1', ca: certificate.ca });
  t.after(() => trusted.destroy());
  let said = '';
  let isEnded = false;
  trusted.on('data', (chunk: Buffer) => (said += chunk.toString())).on('close', () => (isEnded = true));
  const get = `GET /nothing HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  trusted.write(get);
  await until(() => / 404 /.test(said));
  const closed = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const socket = connect({ port: front.port, host: '127.0.0.1', ca: certificate.ca });
      t.after(() => socket.destroy());
      let isClosed = false;
      socket.on('close', () => (isClosed = true)).on('error', () => undefined);
      socket.resume();
      await until(() => isClosed || socket.authorized);
      return () => isClosed;
    }),
  );
  await until(() => closed.filter((isClosed) => isClosed()).length >= 2);
  said = '';
  trusted.write(get);
  await until(() => / 404 /.test(said));
  assert.equal(isEnded, false);
});

test('a renewed certificate is used for new connections, and open ones go on', async (t) => {
  const [before, after] = [await makeCertificate(t, 'before'), await makeCertificate(t, 'after')];
  const { front } = await startSecure(t, before);
  const open = connect({ port: front.port, host: '127.0.0.1', ca: before.ca });
  t.after(() => open.destroy());
  await until(() => open.authorized);
  front.useTls(await pairOf(after));
  assert.equal((await handshake(front.port, after.ca))?.subject.CN, 'after');
  let said = '';
  open.on('data', (chunk: Buffer) => (said += chunk.toString()));
  open.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => / 200 /.test(said));
});

test('a pair that cannot be used is refused, with the file that is wrong and nothing of the key', async (t) => {
  const [one, other] = [await makeCertificate(t), await makeCertificate(t)];
  const codeOf = async (files: { readonly cert: string; readonly key: string }): Promise<string> => {
    const read = await readTls(files);
    assert.ok(!read.ok);
    assert.doesNotMatch(JSON.stringify(read.problem), /BEGIN|MII|MHc/);
    return read.problem.code;
  };
  assert.equal(await codeOf({ cert: one.cert, key: other.key }), 'WHARF_HTTP_TLS');
  assert.equal(await codeOf({ cert: `${one.cert}.none`, key: one.key }), 'WHARF_HTTP_TLS');
  assert.equal(await codeOf({ cert: one.cert, key: `${one.key}.none` }), 'WHARF_FILE_UNREADABLE');
  await writeFile(other.cert, 'no certificate');
  assert.equal(await codeOf({ cert: other.cert, key: other.key }), 'WHARF_HTTP_TLS');
  await copyFile(one.cert, other.key);
  await chmod(other.key, 0o600);
  assert.equal(await codeOf({ cert: one.cert, key: other.key }), 'WHARF_HTTP_TLS');
  for (const mode of [0o640, 0o604, 0o644, 0o660]) {
    await chmod(one.key, mode);
    assert.equal(await codeOf(one), 'WHARF_FILE_NOT_PRIVATE', mode.toString(8));
  }
  await chmod(one.key, 0o400);
  assert.equal((await readTls(one)).ok, true);
});

async function pairOf(certificate: Certificate): Promise<TlsPair> {
  const pair = await readTls(certificate);
  assert.ok(pair.ok, pair.ok ? '' : pair.problem.message);
  return pair.value;
}

async function startSecure(t: TestContext, certificate: Certificate, limits: Partial<HttpLimits> = {}): Promise<TestFront> {
  return startFront(t, { tls: await pairOf(certificate), limits });
}

/** The certificate that the endpoint shows; undefined where there is no handshake of this version. */
function handshake(port: number, ca: string, version?: SecureVersion): Promise<PeerCertificate | undefined> {
  return new Promise((resolve) => {
    const versions = version === undefined ? {} : { minVersion: version, maxVersion: version };
    const socket = connect({ port, host: '127.0.0.1', ca, ciphers: 'DEFAULT@SECLEVEL=0', ...versions });
    socket.on('secureConnect', () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
  });
}

function post(
  port: number,
  ca: string,
  body: unknown,
): Promise<{ readonly status: number; readonly text: string; readonly headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { port, host: '127.0.0.1', path: '/mcp', method: 'POST', ca, headers: usual, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}
