import { describeMachine } from './machine.ts';
import { ownFigures, sharedFigures, type Figure, type RunResult, type Values } from './results.ts';
import { variantNames, variantTitles, type VariantName } from './variants/variant.ts';

const begin = '<!-- bench: begin -->';
const end = '<!-- bench: end -->';

export function formatValue(figure: Figure, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) {
    return '–';
  }
  const number = value.toLocaleString('en', { minimumFractionDigits: figure.digits, maximumFractionDigits: figure.digits });
  return figure.unit === 'ms' || figure.unit === 'MB' ? `${number} ${figure.unit}` : `${number}${figure.unit}`;
}

function withRatio(figure: Figure, values: Values, name: VariantName): string {
  const { bare, [name]: value } = values;
  const ratio = name === 'bare' || bare === undefined || value === undefined ? '' : ` (${(value / bare).toPrecision(2)} ×)`;
  return `${formatValue(figure, value)}${ratio}`;
}

function verdict(figure: Figure, values: Values): string {
  if (figure.reach === undefined) {
    return '';
  }
  const isReached = figure.reach.isReached(values);
  return `${figure.reach.words}${isReached === undefined ? '' : isReached ? ': reached' : ': **missed**'}`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The figures as Markdown. */
export function tables(result: RunResult): string {
  const names = variantNames.filter((name) => sharedFigures.some(({ id }) => result.figures[id]?.[name] !== undefined));
  const titles = names.map((name) => `${variantTitles[name]} ${result.versions[name] ?? ''}`.trim());
  const shared = sharedFigures.map((figure) => {
    const values = result.figures[figure.id] ?? {};
    return row(figure.title, ...names.map((name) => withRatio(figure, values, name)), verdict(figure, values));
  });
  const own = ownFigures
    .filter(({ id }) => result.figures[id] !== undefined)
    .map((figure) => {
      const values = result.figures[figure.id] ?? {};
      return row(figure.title, formatValue(figure, values.bare), withRatio(figure, values, 'wharf'), verdict(figure, values));
    });
  return [
    `Measured on ${result.at.slice(0, 10)}: ${describeMachine(result.machine)}. Medians over ${result.rounds} rounds; in brackets the ratio to the bare server.`,
    '',
    row('', ...titles, 'reach'),
    row('---', ...titles.map(() => '---:'), '---'),
    ...shared,
    ...(own.length === 0 ? [] : ['', row('', 'without Wharf', 'Wharf', 'reach'), row('---', '---:', '---:', '---'), ...own]),
    ...(result.missing.length === 0 ? [] : ['', `Not measured: ${result.missing.join('; ')}.`]),
  ].join('\n');
}

/** The page with these tables between its marks. Throws when it has no marks. */
export function pageWith(page: string, text: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) {
    throw new Error(`The page has no ${begin} and ${end}.`);
  }
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}
