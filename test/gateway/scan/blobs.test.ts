import assert from 'node:assert/strict';
import { test } from 'node:test';

import { maskBlobs } from '../../../src/gateway/scan/blobs.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';

const own = ['own', 'Secret', '77aa31'].join('-');
const scanner = nodeScanner({ secrets: [{ name: 'OWN', value: own }] });

interface Message {
  readonly content: readonly { readonly blob: string }[];
}

function fileOf(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString();
}

test('each of several embedded files is masked and told where it stands', () => {
  const files = [`a ${own}`, 'clean', `${own} b ${own}`].map((text) => ({ blob: Buffer.from(text).toString('base64') }));
  const { value, hits } = maskBlobs(Buffer.from(JSON.stringify({ content: files })), scanner, {});
  const { content } = JSON.parse(value.toString()) as Message;
  assert.deepEqual(
    content.map(({ blob }) => fileOf(blob)),
    ['a [wharf:secret OWN]', 'clean', '[wharf:secret OWN] b [wharf:secret OWN]'],
  );
  assert.deepEqual(
    hits.map(({ pointer, secret }) => [pointer, secret]),
    ['/content/0/blob', '/content/2/blob', '/content/2/blob'].map((pointer) => [pointer, 'OWN']),
  );
});

test('of more embedded files than any answer has, those beyond are masked unseen and told once', () => {
  const files = Array.from({ length: 1_003 }, () => ({ blob: Buffer.from('clean').toString('base64') }));
  const { value, hits } = maskBlobs(Buffer.from(JSON.stringify({ content: files })), scanner, {});
  const { content } = JSON.parse(value.toString()) as Message;
  assert.equal(fileOf(content[999]?.blob), 'clean');
  assert.deepEqual(
    content.slice(1_000).map(({ blob }) => blob),
    [1, 2, 3].map(() => '[wharf:redacted not-looked-at]'),
  );
  assert.deepEqual(
    hits.map(({ rule, pointer }) => [rule, pointer]),
    [['not-looked-at', '/content/1000/blob']],
  );
});

test('escapes in the name of the member or in its Base64 hide no secret', () => {
  const base64 = Buffer.from(`??>a ${own}`).toString('base64');
  const escaped = Array.from(base64, (letter) => String.raw`\u00${letter.charCodeAt(0).toString(16)}`).join('');
  const slashed = base64.replaceAll('/', String.raw`\/`);
  for (const name of ['blob', String.raw`\u0062lob`, String.raw`b\u006C\u006fb`]) {
    for (const value of [base64, escaped, slashed, String.raw`\u${'0020'}${base64}`]) {
      const masked = maskBlobs(Buffer.from(`{"text":"a\\n","content":[{"${name}" : "${value}","n":1}]}`), scanner, {});
      const { content } = JSON.parse(masked.value.toString()) as Message;
      assert.equal(fileOf(content[0]?.blob), '??>a [wharf:secret OWN]', `${name} ${value}`);
      assert.equal(masked.hits[0]?.pointer, '/content/0/blob');
    }
  }
});
