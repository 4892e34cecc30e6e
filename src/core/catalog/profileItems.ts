import { parse } from 'yaml';

import { nameFromImage } from '../profile/imageReference.ts';
import { nameFromAddress, parseRemoteAddress } from '../profile/remoteAddress.ts';
import { isRecord, listOf, textOf } from '../provenance/json.ts';

type Values = Readonly<Record<string, unknown>>;

/** Whether an entry runs what its catalogue says, as it says nothing of that itself. */
export function isLeanItem(item: Values): boolean {
  return ['snapshot', 'image', 'endpoint', 'source'].every((key) => item[key] === undefined || item[key] === null);
}

/** The name that a profile knows an entry by; undefined where it has none. */
export function nameOfItem({ wharf, name, snapshot, image, endpoint }: Values): string | undefined {
  const [own, described] = [wharf, isRecord(snapshot) ? snapshot['server'] : undefined].map((one) => (isRecord(one) ? one : {}));
  const address = parseRemoteAddress(textOf(endpoint) ?? '');
  return (
    textOf(own?.['alias']) ??
    textOf(name) ??
    textOf(described?.['name']) ??
    (typeof image === 'string' ? nameFromImage(image) : address.kind === 'address' ? nameFromAddress(address) : undefined)
  );
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
