import { visibleText } from '../shared/visibleText.ts';
import type { ListFormat } from './options.ts';
import { printJson } from './output.ts';

/** A value for programs, in one of the two forms that they read. YAML's writer is loaded when it is needed. */
export async function printValue(value: unknown, format: Exclude<ListFormat, 'human'>): Promise<void> {
  if (format === 'json') {
    printJson(value);
    return;
  }
  const { stringify } = await import('yaml');
  const text = stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  process.stdout.write(process.stdout.isTTY ? visibleText(text, { keepNewlines: true }) : text);
}
