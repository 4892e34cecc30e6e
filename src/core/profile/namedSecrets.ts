import { parseSecretReference } from '../secrets/reference.ts';
import { plainEntries } from './editServers.ts';
import type { Profile } from './profile.ts';
import type { Json } from './yamlText.ts';

/** The names in the vault that a sound profile has anywhere: what its servers get, and what its text refers to. */
export function namedSecrets(text: string, { servers }: Pick<Profile, 'servers'>): ReadonlySet<string> {
  const given = servers.flatMap((server) => ('secrets' in server ? server.secrets.map(({ reference }) => reference) : []));
  return new Set([...given, ...textsOf(plainEntries(text))].flatMap(vaultName));
}

function vaultName(text: string): readonly string[] {
  const reference = parseSecretReference(text);
  return reference?.kind === 'vault' ? [reference.name] : [];
}

function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap((inner: Json) => textsOf(inner)) : [];
}
