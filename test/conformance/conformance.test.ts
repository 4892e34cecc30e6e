import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { conformanceScenarios, conformanceServerFile, failuresOf, runConformance, startConformanceServer } from '../support/conformance.ts';
import { withBearer } from '../support/conformanceProxy.ts';
import { startHttpGateway } from '../support/httpGateway.ts';
import { makeHome } from '../support/wharfHome.ts';

/** Wharf on HTTP in front of one server, reached through a port that adds the token. Gives that port's address. */
async function startWharf(t: TestContext, server: string): Promise<string> {
  const home = await makeHome(t);
  await home.addProfile('conformance', `version: 1\nservers:\n${server}`);
  const { url, token } = await startHttpGateway(t, home, ['conformance']);
  return withBearer(t, url, token);
}

/** The fixture passes every scenario directly, as the first test proves: one that fails here is Wharf's. */
async function passesThroughWharf(t: TestContext, server: string): Promise<void> {
  const scenarios = await conformanceScenarios();
  const checks = await runConformance(t, await startWharf(t, server));
  for (const name of scenarios) {
    await t.test(name, (sub) => {
      const warnings = (checks.get(name) ?? []).filter(({ status }) => status === 'WARNING');
      failuresOf(warnings, ['WARNING']).forEach((warning) => sub.diagnostic(warning));
      assert.deepEqual(failuresOf(checks.get(name)), []);
    });
  }
}

test('the fixture itself passes every server scenario of the conformance suite, without a warning', async (t) => {
  const scenarios = await conformanceScenarios();
  assert.ok(scenarios.length >= 30, `the suite lists ${scenarios.length} scenarios`);
  const checks = await runConformance(t, await startConformanceServer(t));
  for (const name of scenarios) {
    await t.test(name, () => {
      assert.deepEqual(failuresOf(checks.get(name), ['WARNING']), []);
      assert.ok(checks.get(name)?.some(({ status }) => status === 'SUCCESS'));
    });
  }
});

test('every server scenario passes through Wharf in front of a native server', async (t) => {
  const command = JSON.stringify({ command: process.execPath, args: [conformanceServerFile, 'stdio'] });
  await passesThroughWharf(t, `  - name: conformance\n    wharf: { share: session, native: ${command} }\n`);
});

test('every server scenario passes through Wharf in front of a remote server', async (t) => {
  await passesThroughWharf(t, `  - endpoint: ${await startConformanceServer(t)}\n    wharf: { alias: conformance, share: session }\n`);
});
