import assert from 'node:assert/strict';
import { test } from 'node:test';

import axe from 'axe-core';
import type { Page } from 'playwright-core';

import { inspectorLab } from './inspectorPage.ts';
import { blockedDetail, searchDetail, workingDay } from './samples.ts';

const lab = inspectorLab();
const connected = { kind: 'connection', state: { kind: 'connected' } } as const;

/** What axe finds, one line each. It is evaluated through the debugger: the page's own policy would refuse it. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as { axe: typeof axe };
    const { violations: found } = await loaded.run(document, { resultTypes: ['violations'] });
    return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
}

for (const theme of ['dark', 'light', 'hc-black', 'hc-light'] as const) {
  test(`axe finds nothing in the theme ${theme}, with a list, with details and without a call`, async (t) => {
    const { page, deliver, know } = await lab.open(t, { theme, height: 900 });
    await know(searchDetail(), blockedDetail());
    await deliver(connected, { kind: 'calls', calls: [] });
    assert.deepEqual(await violations(page), []);
    await deliver({ kind: 'calls', calls: workingDay() });
    assert.deepEqual(await violations(page), []);
    await page.getByRole('row', { name: 'search_files' }).click();
    await page.getByText('Timings').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByRole('row', { name: 'delete_entities' }).click();
    await page.getByRole('heading', { name: 'Findings' }).waitFor();
    assert.deepEqual(await violations(page), []);
  });
}
