import { formatValue } from './report.ts';
import { ownFigures, sharedFigures, type RunResult } from './results.ts';
import { variantNames, variantTitles } from './variants/variant.ts';

/** A change below this share is within what two runs on a small machine differ by. */
const noise = 0.1;

/** One line for each value that both runs have: before, now, and the change. */
export function comparison(before: RunResult, now: RunResult): readonly string[] {
  const lines: string[] = [];
  for (const figure of [...sharedFigures, ...ownFigures]) {
    for (const name of variantNames) {
      const [old, value] = [before.figures[figure.id]?.[name], now.figures[figure.id]?.[name]];
      if (old !== undefined && value !== undefined) {
        const change = old === 0 ? 0 : value / old - 1;
        const isWorse = figure.better === 'lower' ? change > noise : change < -noise;
        const isBetter = figure.better === 'lower' ? change < -noise : change > noise;
        const mark = isWorse ? '  worse' : isBetter ? '  better' : '';
        const percent = `${change < 0 ? '' : '+'}${(change * 100).toFixed(0)} %`;
        lines.push(
          `${figure.title}, ${variantTitles[name]}: ${formatValue(figure, old)} → ${formatValue(figure, value)} (${percent})${mark}`,
        );
      }
    }
  }
  return JSON.stringify(before.machine) === JSON.stringify(now.machine)
    ? lines
    : ['The two runs are of different machines or Node versions.', ...lines];
}
