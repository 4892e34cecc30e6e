import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { Demultiplexer } from '../../../src/docker/demultiplexer.ts';
import { jsonLines } from '../../../src/docker/jsonLines.ts';
import { loginName } from '../../../src/core/registry/logins.ts';
import { registryAuth } from '../../../src/docker/registryAuth.ts';
import { EventTooLong, SseParser, type SseEvent } from '../../../src/gateway/upstreams/sse.ts';
import { mutated, pieces, runs } from '../../support/fuzz.ts';

const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

const eventStreams = mutated(
  [
    'event: message\nid: 1\ndata: {"a":1}\n\n',
    'data: a\r\ndata: b\r\rdata:c\r\n\r\n',
    ': ping\n\nretry: 10\nid\ndata\n\n',
    '\ufeffdata: x\n\n',
  ],
  ['\n', '\r', '\r\n', 'data: ', 'data', 'id: ', 'event: ', 'retry: 99999999999999999999', ':', '\u0000', '\ufeff', '\n\n'],
);

test('an event stream gives the same events however it is cut, and none from what has no end', () => {
  fc.assert(
    fc.property(eventStreams, cuts, (text, lengths) => {
      const read = (chunks: readonly Buffer[]): readonly SseEvent[] => {
        const events: SseEvent[] = [];
        const parser = new SseParser((event) => events.push(event));
        chunks.forEach((chunk) => parser.push(chunk));
        return events;
      };
      const bytes = Buffer.from(text);
      assert.deepEqual(read(pieces(bytes, lengths)), read([bytes]));
    }),
    runs(2_000),
  );
});

test('an event stream holds no more than it may, whatever comes', () => {
  fc.assert(
    fc.property(fc.array(eventStreams, { minLength: 50, maxLength: 200 }), (texts) => {
      let longest = 0;
      const parser = new SseParser(({ data }) => (longest = Math.max(longest, data.length)), 500);
      try {
        texts.forEach((text) => parser.push(Buffer.from(text)));
      } catch (error) {
        assert.ok(error instanceof EventTooLong);
      }
      assert.ok(longest <= 500);
    }),
    runs(100),
  );
});

test('the output of a container comes out byte for byte, whatever frames the engine sends and however they are cut', () => {
  const frames = fc.array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 40 })), { maxLength: 12 });
  fc.assert(
    fc.property(frames, cuts, fc.uint8Array({ maxLength: 7 }), (list, lengths, rest) => {
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      const demultiplexer = new Demultiplexer(
        (bytes) => out.push(Buffer.from(bytes)),
        (bytes) => err.push(Buffer.from(bytes)),
      );
      const bytes = list.map(([type, payload]) => {
        const header = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]);
        header.writeUInt32BE(payload.length, 4);
        return Buffer.concat([header, payload]);
      });
      pieces(Buffer.concat([...bytes, rest]), lengths).forEach((piece) => demultiplexer.push(piece));
      const of = (isErr: boolean): Buffer => Buffer.concat(list.filter(([type]) => (type === 2) === isErr).map(([, payload]) => payload));
      assert.deepEqual([Buffer.concat(out), Buffer.concat(err)], [of(false), of(true)]);
    }),
    runs(1_000),
  );
});

test("an engine's lines are values, or the stream ends with an error", async () => {
  const lines = mutated(
    ['{"status":"Pulling"}\n{"errorDetail":{"message":"x"},"error":"x"}\n', '{"Type":"container","Action":"die"}\n\n'],
    ['\n', '{', '}', '"', '\r', '\u2028', 'null', '['],
  );
  await fc.assert(
    fc.asyncProperty(lines, cuts, async (text, lengths) => {
      const values: unknown[] = [];
      try {
        for await (const value of jsonLines(Readable.from(pieces(Buffer.from(text), lengths)))) {
          values.push(value);
        }
      } catch (error) {
        assert.ok(error instanceof SyntaxError, String(error));
      }
      assert.ok(values.length <= text.split('\n').length);
    }),
    runs(400),
  );
});

test('any reference names a registry, and any credentials file gives credentials or none', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-fuzz-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const config = mutated(
    [
      '{"auths":{"ghcr.io":{"auth":"YTpi"},"https://index.docker.io/v1/":{"identitytoken":"x"}}}',
      '{"auths":{"ghcr.io":{}},"credHelpers":{},"credsStore":7}',
      '{"auths":{"ghcr.io":null}}',
    ],
    ['null', '{', '}', '[]', '"', '1', '"ghcr.io":', '"auths":', '"auth":', '__proto__'],
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), config, async (reference, text) => {
      assert.notEqual(loginName(reference), '');
      writeFileSync(join(folder, 'config.json'), text);
      const auth = await registryAuth('ghcr.io/x', folder, new AbortController().signal);
      assert.ok(auth === undefined || auth.serveraddress === 'ghcr.io');
    }),
    runs(400),
  );
});
