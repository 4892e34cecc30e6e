import { test } from 'node:test';
import { inspectorLab } from './inspectorPage.ts';
import { searchDetail, workingDay } from './samples.ts';
import { themes } from './themes.ts';
import type { ThemeName } from './themes.ts';

const lab = inspectorLab();

for (const theme of Object.keys(themes) as ThemeName[]) {
  test(`the page is readable in the theme ${theme}`, async (t) => {
    const { page, deliver, know, screenshot } = await lab.open(t, { theme });
    await know(searchDetail());
    await deliver({ kind: 'connection', state: { kind: 'connected' } }, { kind: 'calls', calls: workingDay() });
    await page.getByRole('row', { name: 'search_files' }).click();
    await page.getByText('Timings').waitFor();
    await screenshot(`theme-${theme}`);
  });
}
