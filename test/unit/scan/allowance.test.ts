import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ScanAllowance } from '../../../src/core/scan/allowance.ts';
import { allRules } from '../../../src/core/scan/rules/all.ts';
import { nodeScanner, sha256 } from '../../../src/node/scanning.ts';
import { seeded } from '../../support/patternSamples.ts';
import { secretOf } from '../../support/secretSamples.ts';

const rule = allRules.find(({ id }) => id === 'linear-api-key');
const token = rule === undefined ? '' : secretOf(rule, seeded(8)).text;
const given = ['long', 'value', '2of', 'server'].join('-');

function found(...allow: readonly ScanAllowance[]): number {
  const scanner = nodeScanner({ allow, secrets: [{ name: 'GIVEN', value: given }] });
  return scanner.scanText(Buffer.from(`a ${token} b ${given}`)).length;
}

test('a finding is allowed by its rule or by its value', () => {
  assert.equal(found({ rule: 'jwt' }), 2);
  assert.equal(found({ rule: 'linear-api-key' }), 1);
  assert.equal(found({ sha256: sha256(token) }), 1);
  assert.equal(found({ sha256: sha256('other') }), 2);
});

test('a value that a server was given passes by its SHA-256 alone', () => {
  assert.equal(found({ rule: 'injected-secret' }), 2);
  assert.equal(found({ sha256: sha256(given) }), 1);
  assert.equal(found({ sha256: sha256(given) }, { rule: 'linear-api-key' }), 0);
});
