import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { LineFramer, LineTooLong, maxLineBytes, readLines } from '../../../src/node/lines.ts';
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

test('however the bytes are split, the lines are the same', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(60)), (all, cuts) => {
      const at = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
      const chunks = at.slice(1).map((end, index) => all.subarray(at[index], end));
      const whole = all.toString('latin1').split('\n').slice(0, -1);
      assert.deepEqual(
        linesOf(chunks),
        whole.map((line) => line.replace(/\r$/, '')).filter((line) => line !== ''),
      );
    }),
  );
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
  const other = new LineFramer(() => assert.fail('a line came'));
  assert.throws(() => {
    for (let sent = 0; sent <= maxLineBytes; sent += piece.length) {
      other.push(piece);
    }
  }, LineTooLong);
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
