import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { asciiBytes } from '../../../src/core/scan/bytes.ts';
import { Effort } from '../../../src/core/scan/effort.ts';
import { LiteralSearch, LiteralTable } from '../../../src/core/scan/literals.ts';
import { redact } from '../../../src/core/scan/redact.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';

const value = ['k9', 'Vé"/', '\\x', ' +7&', 'z!Q#'].join('');
const scanner = nodeScanner({ secrets: [{ name: 'DB_PASSWORD', value }] });

/** Base64 of the value with other bytes before and behind it. */
function base64(before: number, encoding: 'base64' | 'base64url'): string {
  return Buffer.from(`${'~'.repeat(before)}${value}~~`).toString(encoding);
}

const forms: Readonly<Record<string, string>> = {
  raw: value,
  ...Object.fromEntries([0, 1, 2, 3].map((before) => [`base64 behind ${before}`, base64(before, 'base64')])),
  'base64url behind 1': base64(1, 'base64url'),
  hex: Buffer.from(value).toString('hex'),
  'hex in capitals': Buffer.from(value).toString('hex').toUpperCase(),
  'percent-encoded': encodeURIComponent(value),
  'percent-encoded as a form': new URLSearchParams({ a: value }).toString(),
  JSON: JSON.stringify(value),
  'JSON in ASCII': JSON.stringify(value).replace(/é/, String.raw`\u00e9`),
  'JSON with slashes escaped': JSON.stringify(value).replaceAll('/', String.raw`\/`),
  'JSON with everything escaped': `"${Array.from(value)
    .map((letter) => String.raw`\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')}"`,
  'JSON in JSON': JSON.stringify(JSON.stringify(value)),
};

for (const [name, form] of Object.entries(forms)) {
  test(`a value that a server was given is found as ${name}, in text and in a message`, () => {
    const [first] = scanner.scanText(Buffer.from(`log: ${form} end`));
    assert.equal(first?.rule, 'injected-secret');
    assert.equal(first.secret, 'DB_PASSWORD');
    assert.match(first.preview, /^…\(\d+\)$/);
    const [inMessage] = scanner.scanJson(Buffer.from(JSON.stringify({ result: { content: [{ text: `log: ${form} end` }] } })));
    assert.equal(inMessage?.secret, 'DB_PASSWORD');
    assert.equal(inMessage.pointer, '/result/content/0/text');
  });
}

test('a long value of several lines is found line by line, whatever the line ends', () => {
  const lines = [1, 2, 3].map((seed) => Buffer.from(`line ${seed} of a key that is long`).toString('base64'));
  const keyed = nodeScanner({ secrets: [{ name: 'KEY', value: lines.join('\n') }] });
  assert.equal(keyed.scanText(Buffer.from(lines.join('\r\n'))).length, 3);
  assert.equal(keyed.scanText(Buffer.from(lines.join('\n'))).length, 1);
});

test('a value that would be met by chance is not looked for, and that is told', () => {
  const short = ['true', '1234', '1234567', 'aaaaaaaaaa', 'localhost', 'production', 'abc'];
  const told = nodeScanner({ secrets: short.map((one) => ({ name: one, value: one })) });
  assert.deepEqual(
    told.unmatched.map(({ name }) => name),
    short,
  );
  assert.deepEqual(told.scanText(Buffer.from(short.join(' '))), []);
  assert.match(told.unmatched[0]?.reason ?? '', /fewer than 6/);
});

test('any value is found in its usual encodings, wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 12, maxLength: 40 }).filter((text) => new Set(text).size > 5),
      fc.string({ maxLength: 12 }),
      fc.nat(3),
      (secret, around, encoding) => {
        const finder = nodeScanner({ rules: [], secrets: [{ name: 'S', value: secret }] });
        const text =
          [
            secret,
            Buffer.from(around + secret + around).toString('base64'),
            Buffer.from(secret).toString('hex'),
            encodeURIComponent(secret),
          ][encoding] ?? '';
        assert.ok(finder.scanText(Buffer.from(`${around} ${text} ${around}`)).length > 0);
        assert.ok(finder.scanJson(Buffer.from(JSON.stringify([around, text]))).length > 0);
      },
    ),
    { numRuns: 200 },
  );
});

test('of a text that looks like secrets all over, what no rule looked at is masked, in every string of it', () => {
  const own = ['own', 'Secret', '77aa31'].join('-');
  const prefix = ['glp', 'at-'].join('');
  const scanner = nodeScanner({ secrets: [{ name: 'own', value: own }], limits: { mostTries: 1_000, mostHits: 1_000 } });
  const flood = Buffer.from(JSON.stringify({ a: 'plain', text: prefix.repeat(20_000), more: [`${own} and what comes behind`] }));
  const hits = scanner.scanJson(flood);
  assert.deepEqual(
    hits.map(({ rule }) => rule),
    ['not-looked-at'],
  );
  const text = Buffer.from(redact(flood, hits)).toString();
  assert.ok(!text.includes(own));
  const masked = JSON.parse(text) as { readonly a: string; readonly text: string };
  assert.equal(masked.a, 'plain');
  assert.ok(masked.text.length < 10_000 && masked.text.endsWith('[wharf:redacted not-looked-at]'));
  assert.deepEqual(scanner.scanJson(Buffer.from('{"a":1}')), []);
});

test('of a text full of a value that a server was given, the rest is not looked at and masked too', () => {
  const own = ['own', 'Secret', '77aa31'].join('-');
  const scanner = nodeScanner({ rules: [], secrets: [{ name: 'own', value: own }], limits: { mostTries: 1_000, mostHits: 100 } });
  const flood = Buffer.from(JSON.stringify({ a: 'plain', text: `${own} `.repeat(1_000), more: own }));
  const hits = scanner.scanJson(flood);
  assert.ok(hits.length > 90 && hits.length <= 101 && hits.at(-1)?.rule === 'not-looked-at');
  const text = Buffer.from(redact(flood, hits)).toString();
  assert.ok(!text.includes(own) && text.startsWith('{"a":"plain"'));
  JSON.parse(text);
  assert.equal(scanner.scanText(Buffer.from(own)).length, 1, 'the next text begins anew');
});

test('texts that are parts of one message share what may be spent on it', () => {
  const own = ['own', 'Secret', '77aa31'].join('-');
  const scanner = nodeScanner({ rules: [], secrets: [{ name: 'own', value: own }], limits: { mostTries: 1_000, mostHits: 3 } });
  const effort = new Effort();
  const rules = [1, 2].map(() => scanner.scanText(Buffer.from(`${own}${' '.repeat(99)}${own}`), { effort }).map(({ rule }) => rule));
  assert.deepEqual(rules, [
    ['injected-secret', 'injected-secret'],
    ['injected-secret', 'not-looked-at'],
  ]);
});

test('a place below a name of any length is told, cut to what is shown', () => {
  const own = ['own', 'Secret', '77aa31'].join('-');
  const scanner = nodeScanner({ secrets: [{ name: 'own', value: own }] });
  const hits = scanner.scanJson(Buffer.from(JSON.stringify({ ['k'.repeat(2_000)]: [own, own], b: own })));
  assert.deepEqual(
    hits.map(({ pointer }) => pointer.length),
    [500, 500, 2],
  );
});

test('a token in a longer value is told by its own form, and the rest of the value is masked with it', () => {
  const token = ['glp', 'at-', 'x8Kq2Zr7Wm4Tn9Vb3Lp6'].join('');
  const text = Buffer.from(`api_key = "Qz7Rk2-${token}.m3Xw8Yt5"`);
  const hits = nodeScanner().scanText(text);
  assert.equal(Buffer.from(redact(text, hits)).toString(), 'api_key = "[wharf:redacted gitlab-pat]"');
});

test('in Base64 the last character of a value and its padding are masked too, wherever the value ends, and also in pieces', () => {
  for (const secret of ['FileCanary-77-zzz', 'FileCanary-77-zz', 'FileCanary-77-zzzz']) {
    const one = nodeScanner({ secrets: [{ name: 'ev.file', value: secret }] });
    for (const encoding of ['base64', 'base64url'] as const) {
      const bytes = Buffer.from(`it is ${Buffer.from(secret).toString(encoding)} .`);
      assert.equal(Buffer.from(redact(bytes, one.scanText(bytes))).toString(), 'it is [wharf:secret ev.file] .');
      const stream = one.stream();
      const parts = [...Array.from(bytes, (byte) => stream.push(Uint8Array.of(byte))), stream.end()];
      assert.equal(
        Buffer.concat(parts.map((part) => redact(part.bytes, part.hits))).toString(),
        'it is [wharf:secret ev.file] .',
        encoding,
      );
    }
  }
  const inside = Buffer.from(Buffer.from('token=FileCanary-77-zzz&more=x').toString('base64'));
  const tail = Buffer.from(
    redact(inside, nodeScanner({ secrets: [{ name: 'a', value: 'FileCanary-77-zzz' }] }).scanText(inside)),
  ).toString();
  assert.match(tail, /^dG9rZW[^\]]{0,3}\[wharf:secret a\]/);
});

test('however many secrets there are, each of their forms is found', () => {
  const name = (number: number): string => `key-${number.toString(36)}=`;
  const few = LiteralTable.of(Array.from({ length: 1_000 }, (_, number) => ({ bytes: asciiBytes(name(number)), anyCase: false })));
  const more = Array.from({ length: 69_000 }, (_, number) => ({ bytes: asciiBytes(name(1_000 + number)), anyCase: false }));
  const search = new LiteralSearch(few.extended(more));
  const text = asciiBytes([999, 1_000, 66_000, 69_999].map(name).join(' '));
  search.begin(text, text.length);
  const found: number[] = [];
  while (search.find()) {
    found.push(search.literal);
  }
  assert.deepEqual(found, [999, 1_000, 66_000, 69_999]);
});
