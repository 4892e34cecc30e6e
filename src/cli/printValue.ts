import { plainYaml } from '../core/profile/profileJson.ts';
import type { ListFormat } from './options.ts';
import { printFile, printJson } from './output.ts';

export type PrintValue = typeof printValue;

/** A value for programs, in one of the two forms that they read. */
export function printValue(value: unknown, format: Exclude<ListFormat, 'human'>): void {
  if (format === 'json') {
    printJson(value);
  } else {
    printFile(plainYaml(value));
  }
}
