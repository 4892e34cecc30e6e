import { parse } from 'yaml';

import { isRecord, listOf } from '../provenance/json.ts';

type Values = Readonly<Record<string, unknown>>;

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
