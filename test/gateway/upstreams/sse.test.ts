import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { EventTooLong, SseParser } from '../../../src/gateway/upstreams/sse.ts';

interface Read {
  readonly events: { readonly type: string; readonly data: string; readonly id: string }[];
  readonly lastEventId: string;
  readonly retryMs: number | undefined;
}

function read(chunks: readonly Buffer[]): Read {
  const events: Read['events'] = [];
  const parser = new SseParser(({ type, data }) => events.push({ type, data: data.toString('latin1'), id: parser.lastEventId }));
  chunks.forEach((chunk) => parser.push(chunk));
  return { events, lastEventId: parser.lastEventId, retryMs: parser.retryMs };
}

function readText(...texts: readonly string[]): Read {
  return read(texts.map((text) => Buffer.from(text)));
}

/** The standard's own algorithm over the whole text (WHATWG HTML 9.2.6), written for clarity alone. */
function expected(bytes: Buffer): Read {
  const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  const lines = text.split(/\r\n|\r|\n/).slice(0, -1);
  const events: Read['events'] = [];
  let [data, type, id, lastEventId] = [undefined as string | undefined, '', '', ''];
  let retryMs: number | undefined;
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (line === '') {
      lastEventId = id;
      if (data !== undefined) {
        events.push({ type: type === '' ? 'message' : type, data, id });
      }
      [data, type] = [undefined, ''];
    } else if (name === 'data') {
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (name === 'event') {
      type = value;
    } else if (name === 'id' && !value.includes('\0')) {
      id = value;
    } else if (name === 'retry' && /^\d{1,15}$/.test(value)) {
      retryMs = Number(value);
    }
  }
  return { events, lastEventId, retryMs };
}

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('\n', '\r', '\r\n') },
  {
    weight: 4,
    arbitrary: fc.constantFrom('data:', 'data: ', 'data', 'event:', 'event: message', 'id:', 'id: 7', 'retry: 30', ':', ' ', '\ufeff'),
  },
  { weight: 2, arbitrary: fc.string({ maxLength: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom('\0', 'é', '€', '{"a":1}') },
);
const stream = fc
  .array(piece, { maxLength: 40 })
  .map((pieces) => Buffer.from(pieces.join('')))
  // In a type the parser reads UTF-8, which this test compares as bytes.
  .filter((bytes) => !/event:[^\r\n]*[\x80-\xff]/.test(bytes.toString('latin1')));

test('however the bytes are split, the events are those of the standard', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200)), (all, cuts) => {
      const at = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
      const chunks = at.slice(1).map((end, index) => all.subarray(at[index], end));
      assert.deepEqual(read(chunks), expected(all));
      assert.deepEqual(read([...all].map((byte) => Buffer.from([byte]))), expected(all));
    }),
    { numRuns: 500 },
  );
});

test('the examples of the standard give what it says', () => {
  assert.deepEqual(readText('data: YHOO\ndata: +2\ndata: 10\n\n').events, [{ type: 'message', data: 'YHOO\n+2\n10', id: '' }]);
  assert.deepEqual(
    readText(': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n').events.map(({ data, id }) => [
      data,
      id,
    ]),
    [
      ['first event', '1'],
      ['second event', ''],
      [' third event', ''],
    ],
  );
  assert.deepEqual(
    readText('data\n\ndata\ndata\n\ndata:').events.map(({ data }) => data),
    ['', '\n'],
  );
});

test('an event that the stream does not finish is not given out, and its id does not count', () => {
  const found = readText('id: 1\ndata: a\n\nid: 2\ndata: b\n');
  assert.deepEqual(
    found.events.map(({ data }) => data),
    ['a'],
  );
  assert.equal(found.lastEventId, '1');
});

test('an id without data counts, and so does the time that a server asks to wait', () => {
  assert.deepEqual(readText('id: start\nretry: 1500\n\n', 'retry: soon\n\n'), { events: [], lastEventId: 'start', retryMs: 1500 });
});

test('an event that grows without end is refused, by its line as by its number of lines', () => {
  const small = (): SseParser => new SseParser(() => undefined, 1_000);
  assert.throws(() => {
    const parser = small();
    for (let part = 0; part < 100; part++) {
      parser.push(Buffer.from('data: 0123456789'));
    }
  }, EventTooLong);
  assert.throws(() => small().push(Buffer.from('data:\n'.repeat(100))), EventTooLong);
  assert.doesNotThrow(() => small().push(Buffer.from(`${'data: short\n\n'.repeat(500)}${': comment\n'.repeat(500)}`)));
});
