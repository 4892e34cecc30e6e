import { parse } from 'yaml';

import { isRecord, listOf } from '../provenance/json.ts';

type Values = Readonly<Record<string, unknown>>;

/** Whether an entry runs what its catalogue says, as it says nothing of that itself. */
export function isLeanItem(item: Values): boolean {
  return ['snapshot', 'image', 'endpoint', 'source'].every((key) => item[key] === undefined || item[key] === null);
}

/** The servers of a profile as its file has them. Undefined for a text that is no profile. */
export function itemsOfProfile(text: string): readonly Values[] | undefined {
  let read: unknown;
  try {
    read = parse(text, { maxAliasCount: 100, logLevel: 'error' });
  } catch {
    return undefined;
  }
  const items = listOf(isRecord(read) ? read['servers'] : undefined);
  return isRecord(read) && items.every(isRecord) ? items : undefined;
}
