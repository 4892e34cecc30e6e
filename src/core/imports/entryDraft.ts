import { stringify } from 'yaml';

import type { CatalogLookup } from '../catalog/entry.ts';
import { noCatalogues } from '../profile/leanEntries.ts';
import { settingWords } from '../profile/missingKey.ts';
import { readProfile } from '../profile/read.ts';
import type { LeftOut } from './foreign.ts';

export type EntryValue = string | number | boolean | readonly EntryValue[] | { readonly [key: string]: EntryValue | undefined };
export type Entry = Readonly<Record<string, EntryValue | undefined>>;

/** Why a profile with this entry alone cannot be used, as half a sentence; undefined where it can. */
export function whyNotUsable(entry: Entry, catalogs: CatalogLookup = noCatalogues): string | undefined {
  const read = profileOf(entry, catalogs);
  return read.ok ? undefined : read.problem.message.replace(/^The profile cannot be used: /, '').replace(/\.$/, '');
}

/** What to do for a server that is not started until more of its configuration is there, as a sentence; none where nothing is missing. */
export function startsOnlyWith(
  entry: Entry,
  as: string,
  { profile, catalogues }: { readonly profile: string; readonly catalogues: { readonly lookup: CatalogLookup } },
): readonly string[] {
  const read = profileOf(entry, catalogues.lookup);
  const missing = read.ok ? read.value.servers.flatMap(({ missingConfig }) => missingConfig) : [];
  return missing.length === 0
    ? []
    : [
        `It does not start before ${missing.map(({ key }) => `"${key}"`).join(', ')} has a value: wharf profile config ${profile} ${settingWords(as, missing)}`,
      ];
}

function profileOf(entry: Entry, catalogs: CatalogLookup): ReturnType<typeof readProfile> {
  return readProfile(stringify({ version: 1, id: 'import', servers: [entry] }, { lineWidth: 0 }), 'the profile', catalogs);
}

/** An entry that grows by what the reader of profiles takes, and remembers what it does not. */
export class EntryDraft {
  readonly leftOut: LeftOut[] = [];
  readonly carried: string[] = [];
  private entry: Entry;
  private readonly catalogs: CatalogLookup;

  constructor(entry: Entry, catalogs: CatalogLookup = noCatalogues) {
    this.entry = entry;
    this.catalogs = catalogs;
  }

  get value(): Entry {
    return this.entry;
  }

  /** Adds items to a list of the entry: `path` is `env`, or `wharf.mounts`. */
  append(what: string, path: string, items: readonly EntryValue[]): boolean {
    const before = at(this.entry, path);
    return this.set(what, path, [...(Array.isArray(before) ? (before as readonly EntryValue[]) : []), ...items]);
  }

  /** Adds a pair to a map of the entry. */
  put(what: string, path: string, key: string, value: EntryValue): boolean {
    const before = at(this.entry, path);
    return this.set(what, path, { ...(isMap(before) ? before : {}), [key]: value });
  }

  set(what: string, path: string, value: EntryValue): boolean {
    const next = withValue(this.entry, path.split('.'), value);
    const why = whyNotUsable(next, this.catalogs);
    if (why !== undefined) {
      this.leftOut.push({ what, why });
      return false;
    }
    this.entry = next;
    this.carried.push(what);
    return true;
  }

  leave(what: string, why: string): void {
    this.leftOut.push({ what, why });
  }
}

function isMap(value: EntryValue | undefined): value is Entry {
  return typeof value === 'object' && !Array.isArray(value);
}

function at(entry: Entry, path: string): EntryValue | undefined {
  return path.split('.').reduce<EntryValue | undefined>((now, key) => (isMap(now) ? now[key] : undefined), entry);
}

function withValue(entry: Entry, [key, ...rest]: readonly string[], value: EntryValue): Entry {
  if (key === undefined) {
    return entry;
  }
  const inner = entry[key];
  return { ...entry, [key]: rest.length === 0 ? value : withValue(isMap(inner) ? inner : {}, rest, value) };
}
