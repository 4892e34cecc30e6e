import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';

import type { RegistryLogin } from '../../../src/core/registry/logins.ts';
import { digestOf } from '../../../src/node/registry/digest.ts';
import { mutated } from '../../support/fuzz.ts';
import { ociIndex, ociManifest } from '../../support/registryContent.ts';

export const content = 'what a blob holds';
export const descriptor = { mediaType: 'text/plain', digest: digestOf(Buffer.from(content)), size: content.length };
const image = JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, config: descriptor, layers: [descriptor] });
const index = JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [{ ...descriptor, annotations: { a: 'b' } }] });
export const imageDigest = digestOf(Buffer.from(image));
const soundBodies = [content, image, index, '{"token":"t","expires_in":60}', ''];
export const mebibyte = 1024 ** 2;
/** More than any answer may have. */
const endless = 24 * mebibyte;
/** No call of the client may take longer: three attempts with a patience of 100 ms, and what a busy machine adds. */
const deadlineMs = 60_000;

/** What one request is answered with. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly way: 'whole' | 'cut' | 'reset' | 'endless' | 'deep' | 'silent' | 'rubbish';
}

const words = [
  '"',
  '{',
  '}',
  '[',
  ']',
  'null',
  '1e999',
  '__proto__',
  '\u0000',
  '\ud800',
  'sha256:',
  '"size":-1',
  '"manifests":',
  '"token":7',
];
const places = ['ORIGIN/v2/team/server/blobs/x', 'ORIGIN/token', '/v2/', '//', 'ORIGIN/', 'http://192.0.2.1/', 'file:///etc/passwd', 'x'];
const headers = fc.record(
  {
    'www-authenticate': mutated(
      ['Bearer realm="ORIGIN/token",service="s",scope="repository:team/server:pull"', 'Basic realm="x"', 'Bearer realm="ORIGIN/token"'],
      ['"', ',', '=', 'realm=', 'Bearer ', 'Basic', '\\', 'http://'],
    ),
    location: mutated(places, ['http://', '@', ':', '..', '%00', '#', '?']),
    'content-length': fc.constantFrom('0', '1', '17', '100', '99999999999', '99999999999999999999'),
    'content-type': fc.constantFrom(ociManifest, ociIndex, 'application/json', 'text/html; charset=utf-16', ''),
    'docker-content-digest': fc.constantFrom(imageDigest, descriptor.digest, 'sha256:', 'x', `sha512:${'0'.repeat(128)}`),
    'retry-after': fc.constantFrom('0', '99999999999', 'Thu, 01 Jan 1970 00:00:00 GMT', '-1', 'soon', ''),
    link: mutated([`</v2/team/server/referrers/${imageDigest}?n=1>; rel="next"`], ['<', '>', ';', '..', 'rel=', '/']),
    'content-encoding': fc.constantFrom('gzip', 'br', 'identity', 'x'),
  },
  { requiredKeys: [] },
);
export const answers: fc.Arbitrary<readonly Answer[]> = fc.array(
  fc.record({
    status: fc.oneof(
      { weight: 4, arbitrary: fc.constant(200) },
      { weight: 3, arbitrary: fc.constantFrom(401, 301, 307, 404) },
      fc.constantFrom(204, 206, 304, 400, 403, 408, 418, 429, 500, 503, 599),
    ),
    headers: fc.oneof(fc.constant({}), headers),
    body: fc.oneof(fc.constantFrom(...soundBodies), mutated(soundBodies, words)),
    way: fc.oneof(
      { weight: 12, arbitrary: fc.constant('whole' as const) },
      { weight: 4, arbitrary: fc.constantFrom('cut' as const, 'reset' as const, 'deep' as const, 'rubbish' as const) },
      fc.constantFrom('endless' as const, 'silent' as const),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

/** What a sound registry answers: an image's manifest, then its blob. */
export const soundAnswers: readonly Answer[] = [image, content].map((body) => ({ status: 200, headers: {}, body, way: 'whole' }));

/** A registry whose answers are set for each run; the last one repeats. */
export async function registryOf(t: TestContext): Promise<{ readonly host: string; play(answers: readonly Answer[]): void }> {
  let left: Answer[] = [];
  const server = createServer((request, response) => {
    request.resume();
    response.on('error', () => undefined);
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer !== undefined) {
      say(response, answer, host);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    play: (answers) => {
      server.closeAllConnections();
      left = [...answers];
    },
  };
}

/** By hand, as a server library would not send what is wrong. */
function say(response: ServerResponse, { status, headers, body, way }: Answer, host: string): void {
  const socket = response.socket;
  if (socket === null || way === 'silent') {
    return;
  }
  socket.on('error', () => undefined);
  if (way === 'rubbish') {
    socket.end(body);
    return;
  }
  const text = way === 'deep' ? '[{"a":'.repeat(200_000) : body;
  const bytes = Buffer.from(text);
  const lines = Object.entries(headers).filter(([name]) => way !== 'endless' || name !== 'content-length');
  // A head that is cut by a line's end would end it early, which is what a mutated body does already.
  const plain = (value: string): string => value.replaceAll('ORIGIN', `http://${host}`).replaceAll(/[\r\n]/g, ' ');
  const sized = way === 'whole' && headers['content-length'] === undefined ? [['content-length', String(bytes.length)] as const] : [];
  const head = [...lines, ...sized].map(([name, value]) => `${name}: ${plain(value)}\r\n`).join('');
  socket.write(`HTTP/1.1 ${status} X\r\n${head}\r\n`);
  if (way === 'endless') {
    pour(socket);
  } else if (way === 'cut') {
    socket.end(bytes.subarray(0, bytes.length / 2));
  } else if (way === 'reset') {
    socket.write(bytes.subarray(0, bytes.length / 2), () => socket.resetAndDestroy());
  } else {
    socket.end(bytes);
  }
}

/** Without an end, as far as the reader goes along. */
function pour(socket: NonNullable<ServerResponse['socket']>): void {
  const chunk = Buffer.alloc(64 * 1024, 0x20);
  let sent = 0;
  const more = (): void => {
    while (sent < endless && !socket.destroyed) {
      sent += chunk.length;
      if (!socket.write(chunk)) {
        socket.once('drain', more);
        return;
      }
    }
    socket.end();
  };
  more();
}

export const logins: readonly (RegistryLogin | undefined)[] = [
  undefined,
  { kind: 'password', username: 'ada', password: 'x' },
  { kind: 'token', identityToken: 'y' },
];

/** Fails for what takes too long, so that a hang is a failure with a seed. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  const controller = new AbortController();
  const late = delay(deadlineMs, undefined, { signal: controller.signal }).then(() => assert.fail('the client hangs'));
  late.catch(() => undefined);
  return Promise.race([work, late]).finally(() => controller.abort());
}
