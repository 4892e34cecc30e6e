import { yamlText } from '../../core/yamlText.ts';
import { visibleText } from '../../shared/visibleText.ts';
import { print, printJson } from '../output.ts';

export type ListFormat = 'human' | 'json' | 'yaml';

/** For programs, in the format that was asked for. */
export function printValue(value: unknown, format: 'json' | 'yaml'): void {
  if (format === 'json') {
    printJson(value);
  } else {
    print(yamlText(value).trimEnd());
  }
}

/** A stranger's text in a line of a listing. */
export function brief(text: string, limit = 80): string {
  const line = visibleText(text.replace(/\s+/g, ' ').trim());
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}

/** `1 server`, `2 servers`. */
export function countOf(servers: number): string {
  return `${servers} ${servers === 1 ? 'server' : 'servers'}`;
}

/** How long ago, such as `3 days`; `never` for what was not. */
export function ageOf(time: string | null, now = Date.now()): string {
  const ms = time === null ? NaN : now - Date.parse(time);
  if (Number.isNaN(ms)) {
    return '';
  }
  const [unit, count] = (
    [
      ['day', 86_400_000],
      ['hour', 3_600_000],
      ['minute', 60_000],
    ] as const
  )
    .map(([name, length]) => [name, Math.floor(ms / length)] as const)
    .find(([, found]) => found >= 1) ?? ['minute', 0];
  return count === 0 ? 'now' : `${count} ${unit}${count === 1 ? '' : 's'}`;
}
