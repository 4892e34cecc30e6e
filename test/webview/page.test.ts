import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallSummary } from '../../src/shared/calls.ts';
import { until } from '../support/until.ts';
import { inspectorLab } from './inspectorPage.ts';
import type { InspectorPage } from './inspectorPage.ts';
import { call, detail, searchDetail, workingDay } from './samples.ts';

const lab = inspectorLab();
const connected = { kind: 'connection', state: { kind: 'connected' } } as const;
const running: Partial<CallSummary> = { status: 'running', durationMs: null, resultBytes: 0 };

function activeRow({ page }: InspectorPage): Promise<string | undefined> {
  return page.evaluate(() => {
    const id = document.activeElement?.getAttribute('aria-activedescendant') ?? '';
    return document.getElementById(id)?.querySelector('.tool')?.textContent;
  });
}

function many(count: number): readonly CallSummary[] {
  return Array.from({ length: count }, (_, index) => call(index, { tool: `tool-${index}` }));
}

test('the minified page stays within its budget', () => {
  assert.ok(lab.bundle.scriptBytes < 60_000, `${lab.bundle.scriptBytes} bytes of script`);
  assert.ok(lab.bundle.styleBytes < 30_000, `${lab.bundle.styleBytes} bytes of style`);
});

test('a call appears while it runs, its duration moves, and it turns ok', async (t) => {
  const { page, deliver, sent } = await lab.open(t);
  assert.deepEqual(await sent(), [{ kind: 'ready' }]);
  await deliver(connected, { kind: 'calls', calls: [] });
  const started = call(1, { ...running, startedAt: new Date().toISOString() });
  await deliver({ kind: 'callChanged', call: started });
  const row = page.getByRole('row', { name: 'echo' });
  assert.match(await row.innerText(), /running/u);
  const first = await row.locator('.duration').innerText();
  await until(async () => (await row.locator('.duration').innerText()) !== first, { what: 'the duration to move' });
  await deliver({ kind: 'callChanged', call: { ...started, status: 'ok', durationMs: 1834, resultBytes: 10 } });
  assert.match(await row.innerText(), /ok\s+1\.8 s/u);
  assert.equal(await page.locator('.count').innerText(), '1 call');
});

test('a click shows the details, asked for once, and closing gives the room back', async (t) => {
  const { page, deliver, know, sent, screenshot } = await lab.open(t);
  const shown = searchDetail();
  await know(shown);
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  await page.getByRole('row', { name: 'search_files' }).click();
  const details = page.getByLabel('Call details');
  await details.getByText('excludePatterns').waitFor();
  assert.match(await details.locator('h2').innerText(), /filesystem › search_files/u);
  assert.match(await details.locator('.summary').innerText(), /ok\s+1\.8 s\s+request 64 B, result 303 KB/u);
  assert.match(await details.locator('.facts').innerText(), /codex-mcp-client 0\.169\.0/u);
  assert.match(await details.getByLabel('Timings').innerText(), /container start\s+1\.5 s/u);
  assert.match(await details.getByLabel('Events').innerText(), /\+1\.6 s\s+server ready/u);
  assert.match(await details.locator('pre.text').innerText(), /^\/workspace\/test\/webview\/format\.test\.ts\n/u);
  assert.deepEqual(
    (await sent()).filter(({ kind }) => kind === 'showCall'),
    [{ kind: 'showCall', id: shown.id }],
  );
  await details.getByLabel('Events').scrollIntoViewIfNeeded();
  await screenshot('details-end');
  await details.getByRole('button', { name: 'Close details' }).click();
  await details.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'grid');
});

test('the whole result and the copies are the JSON that came', async (t) => {
  const { page, deliver, know, sent } = await lab.open(t);
  const shown = searchDetail();
  await know(shown);
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  await page.getByRole('row', { name: 'search_files' }).click();
  await page.getByText('Whole result as JSON').click();
  const whole = page.locator('details pre');
  await whole.waitFor();
  assert.deepEqual(JSON.parse((await whole.textContent()) ?? ''), shown.result);
  await page.getByRole('button', { name: 'Copy arguments' }).click();
  await page.getByRole('button', { name: 'Copy result' }).click();
  const copies = (await sent()).flatMap((request) => (request.kind === 'copy' ? [JSON.parse(request.text) as unknown] : []));
  assert.deepEqual(copies, [shown.arguments, shown.result]);
  await page.getByRole('button', { name: 'Copied result' }).waitFor();
});

test('the details of a running call are asked for again when it ends', async (t) => {
  const { page, deliver, know, screenshot } = await lab.open(t);
  const started = call(1, running);
  await know(detail(started));
  await deliver(connected, { kind: 'calls', calls: [started] });
  await page.getByRole('row', { name: 'echo' }).click();
  await page.getByText('The call is still running.').waitFor();
  await screenshot('running');
  const ended = call(1);
  await know(detail(ended));
  await deliver({ kind: 'callChanged', call: ended });
  await page.getByText('Echo: hello').waitFor();
});

test('the keyboard alone reaches every part', async (t) => {
  const inspector = await lab.open(t);
  const { page, deliver, know } = inspector;
  const calls = many(200);
  await know(...calls.map((summary) => detail(summary)));
  await deliver(connected, { kind: 'calls', calls });
  const press = async (key: string, tool: string): Promise<void> => {
    await page.keyboard.press(key);
    await until(async () => (await activeRow(inspector)) === tool, { what: `${key} to reach ${tool}` });
  };
  for (let stop = 0; stop < 5 && (await page.evaluate(() => document.activeElement?.getAttribute('role'))) !== 'grid'; stop++) {
    await page.keyboard.press('Tab');
  }
  await press('ArrowUp', 'tool-199');
  await press('Home', 'tool-0');
  await press('ArrowDown', 'tool-1');
  await press('PageDown', 'tool-24');
  await press('PageUp', 'tool-1');
  await press('End', 'tool-199');
  await press('ArrowUp', 'tool-198');
  assert.equal(await page.locator('[aria-selected="true"]').count(), 1);
  const details = page.getByLabel('Call details');
  await details.getByText('Echo: hello').waitFor();
  const focusInDetails = (): Promise<boolean> => details.evaluate((part) => part === document.activeElement);
  await page.keyboard.press('Enter');
  await until(focusInDetails, { what: 'the focus in the details' });
  await page.keyboard.press('Escape');
  await until(async () => (await activeRow(inspector)) === 'tool-198', { what: 'the focus back in the list' });
  await page.keyboard.press('Escape');
  await details.waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.keyboard.type('tool-77');
  await until(async () => (await page.locator('.count').innerText()) === '1 of 200 calls', { what: 'the filter' });
  await page.keyboard.press('Enter');
  await press('ArrowDown', 'tool-77');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'separator');
  const before = Number(await page.getByRole('separator').getAttribute('aria-valuenow'));
  await page.keyboard.press('ArrowLeft');
  await until(async () => Number(await page.getByRole('separator').getAttribute('aria-valuenow')) === before - 5, {
    what: 'the line to move',
  });
});

test('the filter narrows the list by server, tool, client and status, and says when nothing is left', async (t) => {
  const { page, deliver, screenshot } = await lab.open(t);
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  const filter = page.getByRole('searchbox');
  const tools = (): Promise<readonly string[]> => page.locator('.rows .tool .name').allInnerTexts();
  await filter.fill('read status:error');
  await until(async () => (await tools()).length === 1, { what: 'one call left' });
  assert.equal(await page.locator('.count').innerText(), '1 of 12 calls, 1 error');
  await filter.fill('memory');
  await until(async () => (await tools()).join() === 'create_entities,delete_entities', { what: 'the calls of one server' });
  await filter.fill('nothing like this');
  await page.getByText('No call matches “nothing like this”.').waitFor();
  await screenshot('filter-without-match');
  await page.getByRole('button', { name: 'Clear filter' }).click();
  await until(async () => (await tools()).length === 12, { what: 'all calls' });
});

test('Pause keeps the list still, Resume shows what waited, Clear empties the view and can be undone', async (t) => {
  const { page, deliver, sent } = await lab.open(t);
  await deliver(connected, { kind: 'calls', calls: [call(1), call(2, running)] });
  await page.getByRole('button', { name: 'Pause' }).click();
  await deliver({ kind: 'callChanged', call: call(3) }, { kind: 'callChanged', call: call(2) });
  const rows = page.locator('.rows .row');
  assert.equal(await rows.count(), 2);
  assert.equal(await page.locator('.count').innerText(), '2 calls, paused, 1 waiting');
  assert.match(await rows.nth(1).innerText(), /ok/u, 'a listed call is still brought up to date');
  await page.getByRole('button', { name: 'Resume' }).click();
  await until(async () => (await rows.count()) === 3, { what: 'the waiting call' });
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByText('The view is cleared.').waitFor();
  await deliver({ kind: 'callChanged', call: call(4) });
  assert.equal(await rows.count(), 1);
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('button', { name: 'Show 4 earlier calls' }).click();
  await until(async () => (await rows.count()) === 4, { what: 'the cleared calls' });
  assert.deepEqual(await sent(), [{ kind: 'ready' }], 'nothing is deleted at the host');
});

test('5,000 calls are drawn with few rows, and the list stays at its end until the reader scrolls away', async (t) => {
  const { page, deliver, screenshot } = await lab.open(t, { height: 1000 });
  await deliver(connected, { kind: 'calls', calls: many(5000) });
  const grid = page.getByRole('grid');
  const row = (tool: string) => page.getByText(tool, { exact: true });
  assert.equal(await grid.getAttribute('aria-rowcount'), '5001');
  assert.ok((await page.locator('.rows .row').count()) < 200);
  await row('tool-4999').waitFor();
  await deliver({ kind: 'callChanged', call: call(5000, { tool: 'tool-5000' }) });
  assert.equal(await row('tool-5000').isVisible(), true);
  await grid.evaluate((list) => list.scrollTo(0, 24 * 2500));
  await row('tool-2500').waitFor();
  await deliver({ kind: 'callChanged', call: call(5001, { tool: 'tool-5001' }) });
  assert.equal(await row('tool-2500').isVisible(), true);
  assert.equal(await row('tool-5001').count(), 0);
  assert.ok((await page.locator('.rows .row').count()) < 200);
  assert.equal(await page.locator('.row', { hasText: 'tool-2500' }).getAttribute('aria-rowindex'), '2502');
  await screenshot('five-thousand');
  await page.getByRole('button', { name: '1 new call' }).click();
  await row('tool-5001').waitFor();
  await page.getByRole('button', { name: 'new call' }).waitFor({ state: 'hidden' });
});

test('filter, selection, line and pause survive a reload, and are there before the host answers', async (t) => {
  const { page, deliver, know } = await lab.open(t);
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  await page.getByRole('searchbox').fill('filesystem');
  await until(async () => (await page.locator('.rows .row').count()) === 6, { what: 'the filter' });
  await page.getByRole('row', { name: 'search_files' }).click();
  await page.getByRole('separator').focus();
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.reload();
  assert.equal(await page.getByRole('searchbox').inputValue(), 'filesystem');
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  await know(searchDetail());
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  await page.getByLabel('Call details').getByText('excludePatterns').waitFor();
  assert.equal(await page.getByRole('separator').getAttribute('aria-valuenow'), '50');
  assert.equal(await page.locator('.rows .row').count(), 6);
  assert.equal(await page.locator('[aria-selected="true"] .tool').innerText(), 'search_files');
});

test('the line between list and details follows the mouse', async (t) => {
  const { page, deliver } = await lab.open(t);
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  await page.getByRole('row', { name: 'search_files' }).click();
  const line = await page.getByRole('separator').boundingBox();
  assert.ok(line);
  await page.mouse.move(line.x + line.width / 2, 300);
  await page.mouse.down();
  await page.mouse.move(480, 300);
  await page.mouse.up();
  await until(async () => (await page.getByRole('separator').getAttribute('aria-valuenow')) === '40', { what: 'the line to move' });
});

test('the count is told to screen readers once things have settled, not for each call', async (t) => {
  const { page, deliver } = await lab.open(t);
  await page.evaluate(() => {
    const region = document.querySelector('.toolbar [aria-live]');
    const told: (string | null)[] = [];
    Object.assign(window, { told });
    new MutationObserver(() => told.push(region?.textContent ?? null)).observe(region ?? document, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await deliver(connected, { kind: 'calls', calls: [] });
  for (const summary of many(12)) {
    await deliver({ kind: 'callChanged', call: summary });
  }
  const told = (): Promise<readonly string[]> => page.evaluate(() => (window as unknown as { told: string[] }).told);
  await until(async () => (await told()).includes('12 calls'), { what: 'the count to be told' });
  assert.ok((await told()).length <= 3);
});

test('in VS Code the page speaks through its API', async (t) => {
  const { page, deliver, sent } = await lab.open(t, { reach: 'vscode' });
  assert.deepEqual(await sent(), [{ kind: 'ready' }]);
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  await page.getByRole('row', { name: 'search_files' }).click();
  await until(async () => (await sent()).some(({ kind }) => kind === 'showCall'), { what: 'the details to be asked for' });
  await page.reload();
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  await page.getByLabel('Call details').waitFor();
});

test('a page opened by itself says where to open it', async (t) => {
  const { page } = await lab.open(t, { reach: 'none' });
  await page.getByText('This page shows nothing by itself. Open the inspector in VS Code.').waitFor();
});
