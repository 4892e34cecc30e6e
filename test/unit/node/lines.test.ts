import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { LineFramer, LineRelay, LineTooLong, maxLineBytes, readLines } from '../../../src/node/lines.ts';
import { until } from '../../support/until.ts';

function linesOf(chunks: readonly Buffer[]): string[] {
  const lines: string[] = [];
  const framer = new LineFramer((line) => lines.push(line.toString('latin1')));
  for (const chunk of chunks) {
    framer.push(chunk);
  }
  return lines;
}

/** Bytes in which line ends are frequent. */
const bytes = fc
  .array(fc.oneof(fc.constant(0x0a), fc.constant(0x0d), fc.integer({ min: 0, max: 255 })), { maxLength: 60 })
  .map((values) => Buffer.from(values));

/** Bytes in pieces, with cuts anywhere. */
const pieces = fc.tuple(bytes, fc.array(fc.nat(60))).map(([all, cuts]) => {
  const at = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
  return { all, chunks: at.slice(1).map((end, index) => all.subarray(at[index], end)) };
});

test('however the bytes are split, the lines are the same', () => {
  fc.assert(
    fc.property(pieces, ({ all, chunks }) => {
      const whole = all.toString('latin1').split('\n').slice(0, -1);
      assert.deepEqual(
        linesOf(chunks),
        whole.map((line) => line.replace(/\r$/, '')).filter((line) => line !== ''),
      );
    }),
  );
});

test('however the bytes are split, the same lines are passed on, byte for byte', () => {
  fc.assert(
    fc.property(pieces, fc.nat(2), fc.boolean(), ({ all, chunks }, odd, looksAtBeginnings) => {
      const isKept = (first: number | undefined): boolean => (first ?? 0) % 3 !== odd;
      const passed: Buffer[] = [];
      const seen: string[] = [];
      const relay = new LineRelay(
        {
          keep: (line) => {
            seen.push(line.toString('latin1'));
            return isKept(line[0]);
          },
          keepByBeginning: (beginning) => {
            // Its first byte decides, unless that belongs to the end of the line.
            if (!looksAtBeginnings || beginning[0] === 0x0d) {
              return undefined;
            }
            seen.push('begun');
            return isKept(beginning[0]);
          },
        },
        (lines) => passed.push(...lines),
      );
      chunks.forEach((chunk) => relay.push(chunk));
      const whole = all.toString('latin1').split('\n').slice(0, -1);
      const texts = whole.filter((line) => line.replace(/\r$/, '') !== '');
      assert.equal(
        Buffer.concat(passed).toString('latin1'),
        texts
          .filter((line) => isKept(line.charCodeAt(0)))
          .map((line) => `${line}\n`)
          .join(''),
      );
      assert.equal(seen.length, texts.length);
    }),
  );
});

test('many small lines of one piece are passed on in one piece', () => {
  const passed: string[] = [];
  const relay = new LineRelay({ keep: (line) => line[0] !== 0x78 }, (lines) => passed.push(...lines.map(String)));
  relay.push(Buffer.from('a\nb\n\nc\nd\nx\ne\r\nf'));
  relay.push(Buffer.from('\ng\nh\n'));
  assert.deepEqual(passed, ['a\nb\n', 'c\nd\n', 'e\r\n', 'f\n', 'g\nh\n']);
});

test('a carriage return inside a line stays, and what has no line end is not given out', () => {
  assert.deepEqual(linesOf([Buffer.from('a\rb\r\n\r\n\nc\r'), Buffer.from('\nhalf')]), ['a\rb', 'c']);
});

test('characters of several bytes survive a cut between them', () => {
  const lines: string[] = [];
  const framer = new LineFramer((line) => lines.push(line.toString('utf8')));
  for (const byte of Buffer.from('"ü😀"\n')) {
    framer.push(Buffer.from([byte]));
  }
  assert.deepEqual(lines, ['"ü😀"']);
});

const piece = Buffer.alloc(1024 * 1024, 0x61);

test('a line that is too long is refused, a line of the greatest length is not', () => {
  const framer = new LineFramer((line) => assert.equal(line.length, maxLineBytes));
  for (let sent = 0; sent < maxLineBytes; sent += piece.length) {
    framer.push(piece);
  }
  framer.push(Buffer.from('\n'));
  const none = (): never => assert.fail('a line came');
  for (const other of [new LineFramer(none), new LineRelay({ keep: none }, none)]) {
    assert.throws(() => {
      for (let sent = 0; sent <= maxLineBytes; sent += piece.length) {
        other.push(piece);
      }
    }, LineTooLong);
  }
});

test('a stream with a line that is too long is destroyed with the reason, and nothing is thrown', async () => {
  const stream = new PassThrough();
  const seen: string[] = [];
  let reason: Error | undefined;
  stream.on('error', (error) => (reason = error));
  readLines(stream, (line) => seen.push(line.toString()));
  stream.write('first\n');
  for (let sent = 0; sent <= maxLineBytes; sent += piece.length) {
    stream.write(piece);
  }
  assert.ok((await until(() => reason)) instanceof LineTooLong);
  assert.deepEqual(seen, ['first']);
});
