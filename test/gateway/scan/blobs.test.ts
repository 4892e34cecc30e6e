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
