import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { clientScenarios, failuresOf, runClientScenario } from '../support/conformance.ts';

const script = join(import.meta.dirname, '..', 'support', 'servers', 'loginClient.ts');

/** What Wharf leaves out, and why. */
const leftOut: ReadonlyMap<string, string> = new Map([
  ['auth/2025-03-26-oauth-endpoint-fallback', 'without metadata nobody can tell that codes are protected (PKCE)'],
  ['auth/client-credentials-jwt', 'an extension: no person logs in'],
  ['auth/client-credentials-basic', 'an extension: no person logs in'],
  ['auth/cross-app-access-complete-flow', 'an extension: no person logs in'],
]);

const scenarios = (await clientScenarios()).filter((name) => name.startsWith('auth/'));

test('what is left out of the suite is in it', () => {
  assert.ok(scenarios.length > 15);
  assert.deepEqual(
    [...leftOut.keys()].filter((name) => !scenarios.includes(name)),
    [],
  );
});

for (const scenario of scenarios.filter((name) => !leftOut.has(name))) {
  test(`logging in passes ${scenario}`, async (t) => {
    assert.deepEqual(failuresOf(await runClientScenario(t, scenario, script), ['WARNING']), []);
  });
}
