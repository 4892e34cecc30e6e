import assert from 'node:assert/strict';
import { test } from 'node:test';

import { secretInPayload } from '../../../src/core/catalog/payloadSecrets.ts';
import { allRules } from '../../../src/core/scan/rules/all.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';
import { seeded } from '../../support/patternSamples.ts';
import { secretOf } from '../../support/secretSamples.ts';

const rule = allRules.find(({ id }) => id === 'linear-api-key');
const token = rule === undefined ? '' : secretOf(rule, seeded(9)).text;

function payload(server: object, title = 'T'): string {
  return JSON.stringify({ title, servers: [{ type: 'image', image: 'a/b', snapshot: { server: { name: 'one', ...server } } }] });
}

test('a secret is found wherever a catalogue has it, also behind escapes, and its server is named', () => {
  const scanner = nodeScanner();
  assert.notEqual(token, '');
  const escaped = `\\u${token.charCodeAt(0).toString(16).padStart(4, '0')}${token.slice(1)}`;
  for (const [text, server] of [
    [payload({ description: `use ${token}` }), 'one'],
    [payload({ command: ['--token', token] }), 'one'],
    [payload({ description: 'TOKEN' }).replace('TOKEN', escaped), 'one'],
    [payload({ remote: { url: 'https://a.example', headers: { 'x-access-token': ['a1b2c3', 'd4e5f6g7'].join('') } } }), 'one'],
    [payload({ env: [{ name: 'DB_PASSWORD', value: ['correct', 'horse'].join('-') }] }), 'one'],
    [payload({}, `T ${token}`), ''],
  ] as const) {
    const found = secretInPayload(text, scanner);
    assert.equal(found?.server, server, text.replaceAll(token, '…'));
    assert.ok(!(found?.title ?? '').includes(token));
  }
});

test('references, templates and words for people are no secrets', () => {
  const clean = {
    env: [{ name: 'DB_PASSWORD', value: '{{one.password}}' }],
    secrets: [{ name: 'one.token', env: 'TOKEN' }],
    description: 'Needs a token',
  };
  assert.equal(secretInPayload(payload(clean), nodeScanner()), undefined);
});
