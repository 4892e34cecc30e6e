import assert from 'node:assert/strict';
import { test } from 'node:test';

import { redact } from '../../../src/core/scan/redact.ts';
import { allRules } from '../../../src/core/scan/rules/all.ts';
import type { Scanner } from '../../../src/core/scan/scanner.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';
import { seeded } from '../../support/patternSamples.ts';
import { secretOf } from '../../support/secretSamples.ts';

const secret = ['p4ss', 'ph/rase', 'of-a-server', '77'].join('+');
const scanner = nodeScanner({ secrets: [{ name: 'DB', value: secret }] });

/** What comes out when the text comes in pieces that end at these places. */
function throughStream(finder: Scanner, bytes: Uint8Array, cuts: readonly number[]): string {
  const stream = finder.stream();
  const out = [0, ...cuts].map((from, index) => stream.push(bytes.subarray(from, cuts[index] ?? bytes.length)));
  return Buffer.concat([...out, stream.end()].map((one) => redact(one.bytes, one.hits))).toString();
}

test('a secret that is split across pieces is found at every place of the split', () => {
  const random = seeded(6);
  for (const id of [
    'github-pat',
    'azure-ad-client-secret',
    'private-key',
    'jwt',
    'heroku-api-key',
    'telegram-bot-api-token',
    'generic-api-key',
  ]) {
    const rule = allRules.find((one) => one.id === id);
    assert.ok(rule !== undefined);
    const finder = nodeScanner({ rules: [rule] });
    const bytes = Buffer.from(`é before\nset ${secretOf(rule, random).text}\nbehind ${'lorem ipsum '.repeat(9)}\n`);
    const wanted = Buffer.from(redact(bytes, finder.scanText(bytes))).toString();
    assert.match(wanted, /\[wharf:redacted /, id);
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.equal(throughStream(finder, bytes, [cut]), wanted, `${id} at ${cut}`);
    }
    assert.equal(
      throughStream(
        finder,
        bytes,
        Array.from({ length: bytes.length - 1 }, (_, index) => index + 1),
      ),
      wanted,
      `${id} byte by byte`,
    );
  }
});

test('a value that a server was given is found at every place of the split, in its encodings too', () => {
  for (const form of [
    secret,
    Buffer.from(`x${secret}`).toString('base64'),
    encodeURIComponent(secret),
    secret.replaceAll('/', String.raw`\u002f`),
  ]) {
    const bytes = Buffer.from(`one ${form} two ${'and more '.repeat(20)}`);
    const wanted = Buffer.from(redact(bytes, scanner.scanText(bytes))).toString();
    assert.match(wanted, /^one \S{0,3}\[wharf:secret DB\]\S{0,3} two/);
    for (let cut = 1; cut < bytes.length; cut++) {
      assert.equal(throughStream(scanner, bytes, [cut, Math.min(bytes.length, cut + 3)]), wanted, `${form} at ${cut}`);
    }
  }
});

test('clean text goes on but for its tail, and what is kept is bounded', () => {
  const stream = scanner.stream();
  const line = Buffer.from('2026-03-01T09:12:44Z INFO request done in 12 ms\n');
  let given = 0;
  for (let count = 0; count < 1_000; count++) {
    given += stream.push(line).bytes.length;
    assert.ok((count + 1) * line.length - given < 400, 'the tail is short');
  }
  const begin = Buffer.from(['-----BEGIN', 'PRIVATE', 'KEY-----\n'].join(' '));
  let held = begin.length - stream.push(begin).bytes.length;
  for (let count = 0; count < 3_000; count++) {
    held += line.length - stream.push(line).bytes.length;
    assert.ok(held < 80 * 1024);
  }
});

test('what is kept can be had at once', () => {
  const stream = scanner.stream();
  const { bytes } = stream.push(Buffer.from('short'));
  assert.equal(Buffer.concat([bytes, stream.flush().bytes]).toString(), 'short');
  assert.equal(Buffer.from(stream.end().bytes).toString(), '');
});
