import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallDetail, CallSummary } from '../../src/shared/calls.ts';
import { inspectorLab } from './inspectorPage.ts';
import { call, detail } from './samples.ts';
import { until } from '../support/until.ts';

// Each page of the lab also fails its test when anything ran, logged an error or asked the network for something.
const lab = inspectorLab();
const connected = { kind: 'connection', state: { kind: 'connected' } } as const;
const markup = '<img src=x onerror="alert(1)"><script>alert(2)</script><a href="javascript:alert(3)">x</a><style>*{display:none}</style>';
const escape = '\u001b';
const override = '\u202e';

function textResult(text: string, summary: CallSummary = call(1)): CallDetail {
  return detail(summary, { arguments: { text }, result: { content: [{ type: 'text', text }] } });
}

test('markup in names, arguments and results is shown as text and runs nothing', async (t) => {
  const { page, deliver, know, screenshot } = await lab.open(t);
  const summary = call(1, { tool: markup, server: markup, client: markup, profile: markup, thread: markup });
  await know({
    ...textResult(markup, summary),
    timings: { [markup]: 4 },
    events: [{ atMs: 1, text: markup }],
  });
  await deliver(connected, { kind: 'calls', calls: [summary, call(2)] });
  await page.locator('.rows .row').first().click();
  await page.getByLabel('Events').waitFor();
  await page.getByText('Whole result as JSON').click();
  await page.locator('details pre').waitFor();
  assert.equal(await page.locator('pre.text').innerText(), markup);
  assert.equal(await page.locator('body :is(img, script, a, style, iframe)').count(), 0);
  assert.ok((await page.locator('h2').innerText()).includes('<script>alert(2)</script>'));
  await screenshot('hostile-markup');
});

test('terminal escapes, bidi controls and invisible characters are shown as escapes', async (t) => {
  const { page, deliver, know, screenshot } = await lab.open(t);
  const text = `${escape}[31mred${escape}[0m user${override}gpj.exe\u200b zero\u2066width\u00ad and \u{e0041}tag, kept: 👩‍💻 ❤️ עברית\r\nnext line`;
  const summary = call(1, { tool: `read${override}elif` });
  await know(textResult(text, summary));
  await deliver(connected, { kind: 'calls', calls: [summary] });
  await page.locator('.rows .row').first().click();
  await page.locator('pre.text').waitFor();
  const shown = await page.locator('pre.text').textContent();
  assert.equal(
    shown?.replaceAll('\r', ''),
    '\\u001b[31mred\\u001b[0m user\\u202egpj.exe\\u200b zero\\u2066width\\u00ad and \\udb40\\udc41tag, kept: 👩‍💻 ❤️ עברית\nnext line',
  );
  assert.equal(await page.locator('.rows .tool').innerText(), 'read\\u202eelif');
  await page.getByText('Whole result as JSON').click();
  await page.locator('details pre').waitFor();
  const document = await page.content();
  assert.deepEqual(
    [escape, override, '\u200b', '\u2066'].filter((character) => document.includes(character)),
    [],
  );
  await screenshot('hostile-invisible');
});

test('1 MB on one line is folded until all of it is asked for', async (t) => {
  const { page, deliver, know, screenshot } = await lab.open(t);
  const summary = call(1, { resultBytes: 1_048_576 });
  await know(textResult('x'.repeat(1_048_576), summary));
  await deliver(connected, { kind: 'calls', calls: [summary] });
  await page.locator('.rows .row').first().click();
  const result = page.getByLabel('Result', { exact: true });
  const more = result.getByRole('button', { name: 'Show all 1,024 KB' });
  await more.waitFor();
  assert.ok(((await result.locator('pre').textContent()) ?? '').length < 5000);
  await screenshot('folded');
  await more.click();
  await until(async () => ((await result.locator('pre').textContent()) ?? '').length === 1_048_576, { what: 'the whole line' });
  assert.equal(await result.getByRole('button', { name: 'Show all' }).count(), 0);
  assert.equal(await page.locator('.details').evaluate((part) => part.scrollWidth <= part.clientWidth), true);
});

test('a result of nothing but invisible characters and a deep one do not hang the page', async (t) => {
  const { page, deliver, know } = await lab.open(t);
  let deep: unknown = 'bottom';
  for (let level = 0; level < 500; level++) {
    deep = [deep];
  }
  const summary = call(1);
  await know(
    detail(summary, {
      arguments: deep,
      result: {
        content: [
          { type: 'text', text: 'a\u200b'.repeat(400_000) },
          { type: 'text', text: '\u200b'.repeat(100_000) },
        ],
      },
    }),
  );
  await deliver(connected, { kind: 'calls', calls: [summary] });
  await page.locator('.rows .row').first().click();
  await page
    .getByLabel('Result', { exact: true })
    .getByRole('button', { name: /^Show all/u })
    .click();
  await page.waitForFunction(() => (document.querySelector('pre.text')?.textContent.length ?? 0) === 7 * 400_000);
});

test('odd results are shown as the JSON they are', async (t) => {
  const { page, deliver, know } = await lab.open(t);
  const odd: readonly unknown[] = [
    null,
    'text',
    7,
    [],
    {},
    { content: 'no list' },
    { content: [null, 5, { type: 'text' }, { type: 'image', data: 'QUJD', mimeType: 'image/png' }] },
  ];
  const summaries = odd.map((_, index) => call(index, { tool: `odd-${index}` }));
  await know(...summaries.map((summary, index) => detail(summary, { arguments: undefined, result: odd[index] })));
  await deliver(connected, { kind: 'calls', calls: summaries });
  for (const [index, result] of odd.slice(0, -1).entries()) {
    await page.getByRole('row', { name: `odd-${index}` }).click();
    await page.locator('h2', { hasText: `odd-${index}` }).waitFor();
    const block = page.getByLabel('Result', { exact: true }).locator('pre');
    await until(async () => (await block.textContent({ timeout: 500 })) === JSON.stringify(result, null, 2), { what: `result ${index}` });
  }
  await page.getByRole('row', { name: `odd-${odd.length - 1}` }).click();
  await page.getByText('image · image/png · 3 B').waitFor();
});
