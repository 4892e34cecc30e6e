import assert from 'node:assert/strict';
import { test } from 'node:test';

import { allowancePattern, type ScanAllowance } from '../../../src/core/scan/allowance.ts';
import { allRules } from '../../../src/core/scan/rules/all.ts';
import { nodeScanner, sha256 } from '../../../src/node/scanning.ts';
import { seeded } from '../../support/patternSamples.ts';
import { secretOf } from '../../support/secretSamples.ts';

const rule = allRules.find(({ id }) => id === 'linear-api-key');
const token = rule === undefined ? '' : secretOf(rule, seeded(8)).text;
const given = ['long', 'value', '2of', 'server'].join('-');

function found(allow: ScanAllowance, tool?: string): number {
  const scanner = nodeScanner({ allow: [allow], secrets: [{ name: 'GIVEN', value: given }] });
  return scanner.scanText(Buffer.from(`a ${token} b ${given}`), tool === undefined ? {} : { tool }).length;
}

test('a finding is allowed by its rule, its value or its form, for every tool or for one', () => {
  assert.equal(found({ rule: 'jwt' }), 2);
  assert.equal(found({ rule: 'linear-api-key' }), 1);
  assert.equal(found({ sha256: sha256(token) }), 1);
  assert.equal(found({ pattern: 'lin_[a-z]+_[A-Za-z0-9]+' }), 1);
  assert.equal(found({ pattern: 'lin_' }), 2, 'a pattern is for the whole value');
  assert.equal(found({ rule: 'linear-api-key', sha256: sha256('other') }), 2);
  assert.equal(found({ rule: 'linear-api-key', tool: 'show' }), 2);
  assert.equal(found({ rule: 'linear-api-key', tool: 'show' }, 'list'), 2);
  assert.equal(found({ rule: 'linear-api-key', tool: 'show' }, 'show'), 1);
  assert.equal(found({ tool: 'show' }, 'show'), 2, 'a tool alone allows nothing');
});

test('a value that a server was given passes by its SHA-256 alone', () => {
  assert.equal(found({ rule: 'injected-secret' }), 2);
  assert.equal(found({ pattern: '.+' }), 1, 'the token only');
  assert.equal(found({ sha256: sha256(given) }), 1);
});

test('an expression that could take long is refused', () => {
  for (const source of ['(a+)+', '(?:a|b)*c', 'a*b*c*', String.raw`(a)\1`, '(?=a)', 'a'.repeat(300), '[', 'a{5000}', '(a|aa){2,}']) {
    assert.equal(allowancePattern(source), undefined, source);
  }
  assert.ok(allowancePattern(String.raw`test_[\w-]+\.(?:dev|local)`)?.test('test_a-b.dev'));
});
