import { parse } from 'yaml';

/** A sound profile as JSON, with every key and without comments. */
export function profileJson(yaml: string): string {
  return `${JSON.stringify(parse(yaml), null, 2)}\n`;
}
