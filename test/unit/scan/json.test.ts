import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { wellFormed } from '../../../src/core/scan/bytes.ts';
import { redact } from '../../../src/core/scan/redact.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';
import { allRules } from '../../../src/core/scan/rules/all.ts';
import type { ScanRule } from '../../../src/core/scan/rules/rule.ts';
import { seeded } from '../../support/patternSamples.ts';
import { secretOf } from '../../support/secretSamples.ts';

const scanner = nodeScanner();

function tokenOf(id: string, seed = 5): string {
  const { text, start, end } = secretOf(allRules.find((rule) => rule.id === id) as ScanRule, seeded(seed));
  return text.slice(start, end);
}

const token = tokenOf('github-pat');

/** Every third letter as an escape. */
function escapedLetters(text: string): string {
  return Array.from(text)
    .map((letter, index) => (index % 3 === 0 ? String.raw`\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter))
    .join('');
}

test('an escape in JSON hides nothing', () => {
  for (const hidden of [
    token,
    escapedLetters(token),
    escapedLetters(token).replaceAll(/u00([0-9a-f]{2})/g, (_, code: string) => `u00${code.toUpperCase()}`),
    JSON.stringify(escapedLetters(token)).slice(1, -1),
  ]) {
    const message = Buffer.from(`{"a":[{"b/c~":"say \\n${hidden}\\t."}],"d":1}`);
    const [hit, ...more] = scanner.scanJson(message);
    assert.equal(hit?.rule, 'github-pat', hidden);
    assert.deepEqual(more, []);
    assert.equal(hit.pointer, '/a/0/b~1c~0');
    assert.equal(hit.preview, 'ghp_…(40)');
    assert.equal(message.toString('utf8', hit.start, hit.end), hidden);
    assert.equal(
      Buffer.from(redact(message, [hit])).toString(),
      Buffer.from(`{"a":[{"b/c~":"say \\n[wharf:redacted github-pat]\\t."}],"d":1}`).toString(),
    );
  }
});

test('an escaped slash hides no address', () => {
  const address = tokenOf('slack-webhook-url').replace(/^(https?:\/\/)?/, 'https://');
  const [hit] = scanner.scanJson(Buffer.from(JSON.stringify({ a: address }).replaceAll('/', String.raw`\/`)));
  assert.equal(hit?.rule, 'slack-webhook-url');
});

test('a secret that is a number, a member name or an object is replaced so that the JSON stays JSON', () => {
  const number = '8412345678901';
  const object = JSON.stringify({ user: 'robot-7', key: 'k!9-zz' });
  const finder = nodeScanner({
    rules: [],
    secrets: [
      { name: 'PIN', value: number },
      { name: 'ACCOUNT', value: object },
    ],
  });
  const message = Buffer.from(`{"n": ${number}, "${number}": {"x": ${object}}, "in": [-${number}.5e3, true]}`);
  const hits = finder.scanJson(message);
  const text = Buffer.from(redact(message, hits)).toString();
  assert.deepEqual(JSON.parse(text), {
    n: '[wharf:secret PIN]',
    '[wharf:secret PIN]': { x: { '[wharf:secret ACCOUNT]': '[wharf:secret ACCOUNT]' } },
    in: ['[wharf:secret PIN]', true],
  });
  assert.ok(
    hits.every(({ pointer }) => !pointer.includes(number)),
    'a pointer shows no secret',
  );
});

test('replacing keeps the JSON, and every byte that is no part of a secret', () => {
  const secret = 'xR7"\\/é-q2!Lm';
  const finder = nodeScanner({ secrets: [{ name: 'S', value: secret }] });
  const piece = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constant(secret),
    fc.constant(token),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const leaf = fc.oneof(
    fc.array(piece, { maxLength: 4 }).map((parts) => parts.join(' ')),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 8 }), tie('tree'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.boolean(), (value, isAscii) => {
      const json = JSON.stringify(value);
      const text = isAscii
        ? json.replace(/[\u007f-\uffff]/g, (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        : json;
      const message = Buffer.from(text);
      const redacted = Buffer.from(redact(message, finder.scanJson(message))).toString();
      const clean = (part: unknown): unknown =>
        typeof part === 'string'
          ? wellFormed(part).split(secret).join('[wharf:secret S]').split(token).join('[wharf:redacted github-pat]')
          : Array.isArray(part)
            ? part.map(clean)
            : typeof part === 'object' && part !== null
              ? Object.fromEntries(Object.entries(part).map(([key, member]) => [wellFormed(key), clean(member)]))
              : part;
      assert.deepEqual(JSON.parse(redacted), JSON.parse(JSON.stringify(clean(JSON.parse(message.toString())))));
    }),
    { numRuns: 300 },
  );
});

test('no bytes make the scan fail, JSON or not', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ maxLength: 300 }).map((text) => Buffer.from(`{"a":"${text}\\u00${token}`)),
      ),
      (bytes) => {
        for (const hits of [scanner.scanJson(bytes), scanner.scanText(bytes)]) {
          assert.ok(hits.every(({ start, end }) => start >= 0 && start < end && end <= bytes.length));
          redact(bytes, hits);
        }
      },
    ),
    { numRuns: 500 },
  );
});
