import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poorContrasts } from './contrast.ts';
import { inspectorLab } from './inspectorPage.ts';
import { blockedDetail, call, searchDetail, workingDay } from './samples.ts';
import { themes } from './themes.ts';

const lab = inspectorLab();
const connected = { kind: 'connection', state: { kind: 'connected' } } as const;

for (const theme of ['dark', 'light', 'hc-black', 'hc-light'] as const) {
  test(`in the theme ${theme} every text stands out from its background and every part has its frame`, async (t) => {
    const { page, deliver, know, screenshot } = await lab.open(t, { theme, height: 900 });
    await know(searchDetail(), blockedDetail());
    await deliver(connected, { kind: 'calls', calls: workingDay() });
    assert.deepEqual(await poorContrasts(page), []);
    await page.getByRole('row', { name: 'search_files' }).click();
    await page.getByText('Timings').waitFor();
    await page.getByText('Whole result as JSON').click();
    assert.deepEqual(await poorContrasts(page), []);
    await screenshot(`theme-${theme}`);
    await page.getByRole('row', { name: 'delete_entities' }).click();
    await page.getByRole('heading', { name: 'Findings' }).waitFor();
    assert.deepEqual(await poorContrasts(page), []);
    await screenshot(`findings-${theme}`);
    const { variables } = themes[theme];
    const edge = 'contrastBorder' in variables ? variables.contrastBorder : variables['panel-border'];
    for (const part of ['pre', '.toolbar', '.headings', '.head']) {
      const frame = await page
        .locator(part)
        .first()
        .evaluate((framed) => getComputedStyle(framed).borderBottomColor);
      assert.equal(hexOf(frame), edge, `${part} is framed in the theme's colour`);
    }
  });
}

function hexOf(rgb: string): string {
  return `#${[...rgb.matchAll(/\d+/gu)].map(([value]) => Number(value).toString(16).padStart(2, '0')).join('')}`;
}

test('in a narrow panel the parts are stacked and nothing overflows sideways', async (t) => {
  const { page, deliver, know, screenshot } = await lab.open(t, { width: 340, height: 720 });
  await know(searchDetail());
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  await page.getByRole('row', { name: 'search_files' }).click();
  await page.getByText('Timings').waitFor();
  await screenshot('narrow');
  const list = await page.locator('.list').boundingBox();
  const details = await page.getByLabel('Call details').boundingBox();
  assert.ok(list !== null && details !== null && details.y >= list.y + list.height - 1, 'details stand below the list');
  const overflowing = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('.panes, .grid, .details, .toolbar, .head, .body')]
      .filter((part) => part.scrollWidth > part.clientWidth)
      .map((part) => part.className),
  );
  assert.deepEqual(overflowing, []);
  assert.equal(await page.getByRole('separator').getAttribute('aria-orientation'), 'horizontal');
});

test('findings say what, where and what was done, with a masked piece; none of their text is markup or unseen', async (t) => {
  const { page, deliver, know, screenshot } = await lab.open(t, { width: 340, height: 720 });
  await know(blockedDetail());
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  await page.getByRole('row', { name: 'delete_entities' }).click();
  const found = page.getByRole('region', { name: 'Findings' }).getByRole('listitem');
  await found.first().waitFor();
  const texts = (await found.allInnerTexts()).map((text) => text.replaceAll(/\s+/gu, ' ').trim());
  assert.deepEqual(texts, [
    'GitHub token withheld in the result at /content/0/text ghp_…(40), rule github-pat',
    "A secret that Wharf gave to the server replaced in the server's log …(32), the secret memory.token",
    'Text that cannot be seen only reported in a list of the server at /tools/0/description a\\u202eb, rule hidden-unicode',
  ]);
  assert.equal(await page.locator('.found').evaluate((list) => list.scrollWidth <= list.clientWidth), true);
  await screenshot('findings-narrow');
});

test('without a selection the list has all the room, with client and, where they differ, profile', async (t) => {
  const { page, deliver, screenshot } = await lab.open(t);
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  assert.equal(await page.getByRole('columnheader', { name: 'Client' }).isVisible(), true);
  assert.equal(await page.getByRole('columnheader', { name: 'Profile' }).isVisible(), false);
  await screenshot('list');
  await deliver({ kind: 'callChanged', call: call(40, { profile: 'review', client: 'Visual Studio Code 1.139.1' }) });
  assert.equal(await page.getByRole('columnheader', { name: 'Profile' }).isVisible(), true);
  await screenshot('list-two-profiles');
});

test('an empty list says what to do, and a lost connection why and what next, keeping the calls', async (t) => {
  const { page, deliver, screenshot } = await lab.open(t);
  await page.getByText('Connecting to Wharf…').waitFor();
  await deliver(connected, { kind: 'calls', calls: [] });
  await page.getByText('No call yet.').waitFor();
  await page.getByText('Connect Codex and let it use a tool: each call appears here.').waitFor();
  await screenshot('empty');
  await deliver({ kind: 'calls', calls: workingDay() });
  assert.equal(await page.getByText('No call yet.').count(), 0);
  const problem = {
    code: 'WHARF_DAEMON_GONE',
    message: 'The Wharf daemon stopped.',
    next: 'It starts again with the next call; or run `wharf daemon status`.',
  };
  await deliver({ kind: 'connection', state: { kind: 'disconnected', problem } });
  const banner = page.locator('.banner');
  assert.equal(await banner.innerText(), `${problem.message} ${problem.next} ${problem.code}`);
  assert.equal(await page.getByRole('row').count(), workingDay().length + 1);
  assert.deepEqual(await poorContrasts(page), []);
  await screenshot('disconnected');
  await deliver(connected);
  assert.equal(await banner.count(), 0);
});

test('in forced colours the selection is drawn by an outline', async (t) => {
  const { page, deliver, screenshot } = await lab.open(t, { forcedColors: true });
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  const row = page.getByRole('row', { name: 'search_files' });
  await row.click();
  await screenshot('forced-colours');
  assert.equal(await row.evaluate((element) => getComputedStyle(element).outlineWidth), '2px');
});

test('a running call turns its sign, unless the user asked for less motion', async (t) => {
  for (const [reducedMotion, animation] of [
    [false, 'turn'],
    [true, 'none'],
  ] as const) {
    const { page, deliver } = await lab.open(t, { reducedMotion });
    await deliver(connected, { kind: 'calls', calls: workingDay() });
    assert.equal(await page.locator('.icon-running').evaluate((icon) => getComputedStyle(icon).animationName), animation);
  }
});

test('large fonts get higher rows', async (t) => {
  const { page, deliver, screenshot } = await lab.open(t);
  await page.evaluate(() => document.documentElement.style.setProperty('--vscode-font-size', '22px'));
  await deliver(connected, { kind: 'calls', calls: workingDay() });
  const row = await page.getByRole('row', { name: 'search_files' }).boundingBox();
  assert.ok(row !== null && row.height >= 36);
  await screenshot('large-font');
});
