import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Demultiplexer } from '../../../src/docker/demultiplexer.ts';

interface Frame {
  readonly stream: number;
  readonly payload: Uint8Array;
}

function frameBytes({ stream, payload }: Frame): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** What comes out on either side when the bytes are pushed in pieces of these lengths. */
function demultiplex(bytes: Buffer, lengths: readonly number[]): { readonly out: string; readonly err: string } {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const demultiplexer = new Demultiplexer(
    (piece) => out.push(Buffer.from(piece)),
    (piece) => err.push(Buffer.from(piece)),
  );
  let at = 0;
  for (const length of lengths) {
    demultiplexer.push(bytes.subarray(at, at + length));
    at += length;
  }
  demultiplexer.push(bytes.subarray(at));
  return { out: Buffer.concat(out).toString('hex'), err: Buffer.concat(err).toString('hex') };
}

const frame: fc.Arbitrary<Frame> = fc.record({ stream: fc.constantFrom(1, 2), payload: fc.uint8Array({ maxLength: 40 }) });

test('both outputs come out whole and in order, however the stream is split', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 80 }), (frames, lengths) => {
      const expected = (stream: number): string =>
        Buffer.concat(frames.filter((each) => each.stream === stream).map(({ payload }) => payload)).toString('hex');
      assert.deepEqual(demultiplex(Buffer.concat(frames.map(frameBytes)), lengths), { out: expected(1), err: expected(2) });
    }),
  );
});

test('a stream that comes byte by byte is the same', () => {
  const bytes = Buffer.concat([
    frameBytes({ stream: 1, payload: Buffer.from('{"a":1}\n') }),
    frameBytes({ stream: 2, payload: Buffer.from('oops') }),
  ]);
  const whole = demultiplex(bytes, []);
  assert.deepEqual(
    demultiplex(
      bytes,
      Array.from(bytes, () => 1),
    ),
    whole,
  );
  assert.equal(Buffer.from(whole.out, 'hex').toString(), '{"a":1}\n');
});

test('a frame without a payload is nothing, and the next one counts', () => {
  const bytes = Buffer.concat([frameBytes({ stream: 1, payload: new Uint8Array() }), frameBytes({ stream: 1, payload: Buffer.from('x') })]);
  assert.equal(demultiplex(bytes, []).out, '78');
});
