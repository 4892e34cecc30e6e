import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { readChallenge } from '../../../src/gateway/oauth/challenge.ts';

test('the first Bearer challenge is read, wherever it stands and however it is written', () => {
  const url = 'https://mcp.example.com/.well-known/oauth-protected-resource';
  for (const header of [
    `Bearer resource_metadata="${url}", scope="a b"`,
    `bearer scope = "a b" , resource_metadata=${url}`,
    `Basic realm="x, Bearer y", Bearer error="invalid_token", scope="a b",resource_metadata="${url}"`,
    `Negotiate, Bearer scope="a b", resource_metadata="${url}", Digest scope="c", realm="z"`,
    `Bearer realm="a \\"quoted\\" word", scope="a b", resource_metadata="${url}"`,
  ]) {
    const { resourceMetadata, scopes } = readChallenge(header);
    assert.deepEqual([resourceMetadata, scopes], [url, ['a', 'b']], header);
  }
});

test('what is no Bearer challenge says nothing', () => {
  for (const header of [undefined, '', 'Basic realm="x"', 'Basic scope="a"', '"Bearer"', '= = =', 'scope="a"']) {
    assert.deepEqual(readChallenge(header), { resourceMetadata: undefined, scopes: [], error: undefined });
  }
});

test('scopes are the characters that scopes may have, each once, and no endless list', () => {
  assert.deepEqual(readChallenge('Bearer scope="a  b a c\\"d \u0007 e"').scopes, ['a', 'b', 'e']);
  assert.equal(readChallenge(`Bearer scope="${Array.from({ length: 5_000 }, (_, n) => `s${n}`).join(' ')}"`).scopes.length, 100);
});

test('any header is read without a fault, in a time that grows with its length', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void readChallenge(`Bearer ${text}`)));
  for (const part of ['a=', '"', '\\', ' ,', 'a ', 'Bearer ', '="']) {
    readChallenge(`Bearer ${part.repeat(200_000)}`);
  }
});
