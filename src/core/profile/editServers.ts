import { parse } from 'yaml';

import { fail, ok, type Result } from '../../shared/result.ts';
import type { CatalogLookup } from '../catalog/entry.ts';
import * as problems from '../problems.ts';
import { anyCatalogue } from './anyCatalogue.ts';
import { changeText, type Change } from './changes.ts';
import { nameOfEntry, objectOf, type NewEntry } from './newEntry.ts';
import { isOtherServer, withoutGrants } from './otherServer.ts';
import type { Profile } from './profile.ts';
import { readProfile } from './read.ts';
import type { Json } from './yamlText.ts';

export interface AddedServer {
  readonly text: string;
  readonly name: string;
  /** One of this name was there, and is now this one. */
  readonly isReplaced: boolean;
  /** What it stands in the place of ran something else. */
  readonly isOther: boolean;
  /** What the old one had and this one does not get, as it is another server: names of keys. */
  readonly taken: readonly string[];
}

/** What says which server an entry is. The rest is its user's choice, and stays where the new one is a version of the old one. */
const identity = ['type', 'image', 'endpoint', 'source', 'catalog_ref', 'catalogRef', 'name', 'snapshot'];
/** What stands at the end of an entry, since it is long or Wharf's own. */
const tail = ['catalog_ref', 'catalogRef', 'snapshot', 'wharf'];

/** The entries of a sound profile as its file has them, in the order of its servers. */
export function plainEntries(text: string): readonly NewEntry[] {
  const { servers } = plainProfile(text);
  return Array.isArray(servers) ? (servers as readonly NewEntry[]) : [];
}

/** A sound profile without what YAML has and JSON has not. */
function plainProfile(text: string): NewEntry {
  return objectOf(JSON.parse(JSON.stringify(parse(text, { logLevel: 'error' }) ?? null)) as Json);
}

/**
 * A profile with one more server at its end, or with another in the place of the one of its name. The result is read with
 * `catalogs`, and given only when this version can use the new entry. `file` is only for messages.
 */
export function addServer(text: string, entry: NewEntry, file: string, catalogs: CatalogLookup): Result<AddedServer> {
  const profile = readProfile(text, file, anyCatalogue);
  if (!profile.ok) {
    return profile;
  }
  const name = nameOfEntry(entry);
  const index = profile.value.servers.findIndex((server) => server.name === name);
  const old = plainEntries(text)[index] ?? {};
  const isOther = index !== -1 && isOtherServer(old, entry, catalogs);
  const changes = index === -1 ? [added(entry)] : replacing(old, entry, index, isOther);
  if (changes === undefined) {
    return fail(problems.serverOfOtherKind(name, file));
  }
  const lost = isOther ? withoutGrants(old, entry, ['servers', index], catalogs) : { changes: [], taken: [] };
  const next = changeText(text, [...lost.changes, ...changes, ...secretsProvider(text, entry)]);
  if (next === undefined) {
    return fail(problems.profileNotEdited(file, name, JSON.stringify(entry)));
  }
  // Where a catalogue was missing before, it is not for the new entry to be there.
  const wanted = readProfile(text, file, catalogs).ok ? catalogs : anyCatalogue;
  const after = readProfile(next, file, wanted);
  if (!after.ok) {
    return fail(problems.serverUnusable(name, after.problem.message));
  }
  return ok({ text: next, name, isReplaced: index !== -1, isOther, taken: lost.taken });
}

function added(entry: NewEntry): Change {
  return { kind: 'append', path: ['servers'], value: entry, before: ['secrets', 'wharf'] };
}

/** Undefined where a container would take the place of a command of the user, or the other way round. */
function replacing(old: NewEntry, entry: NewEntry, index: number, isOther: boolean): readonly Change[] | undefined {
  const [before, after] = [objectOf(old['wharf'])['native'], objectOf(entry['wharf'])['native']];
  if ((before === undefined) !== (after === undefined)) {
    return undefined;
  }
  const path = ['servers', index] as const;
  const { secrets } = entry;
  const set = (key: string, value: Json): Change => ({
    kind: 'set',
    path: [...path, key],
    value,
    before: tail.slice(tail.indexOf(key) + 1),
  });
  return [
    ...identity.flatMap((key) => (entry[key] === undefined ? [] : [set(key, entry[key])])),
    ...identity.flatMap((key): readonly Change[] =>
      entry[key] === undefined && old[key] !== undefined ? [{ kind: 'remove', path: [...path, key] }] : [],
    ),
    ...(secrets !== undefined && (isOther || (old['secrets'] ?? null) === null) ? [set('secrets', secrets)] : []),
    ...(after === undefined ? [] : [{ kind: 'set', path: [...path, 'wharf', 'native'], value: after } as const]),
  ];
}

/** Docker looks a server's word for its secrets up at the end of the profile. */
function secretsProvider(text: string, { secrets }: NewEntry): readonly Change[] {
  const isThere = typeof secrets !== 'string' || objectOf(plainProfile(text)['secrets'])[secrets] !== undefined;
  return isThere ? [] : [{ kind: 'set', path: ['secrets', secrets], value: { provider: 'docker-desktop-store' } }];
}

/** A profile without a server, and without the comments of its entry. */
export function removeServer(text: string, name: string, file: string): Result<string> {
  const profile = readProfile(text, file, anyCatalogue);
  const index = profile.ok ? indexOf(profile.value, name, file) : profile;
  if (!index.ok) {
    return index;
  }
  const next = changeText(text, [{ kind: 'remove', path: ['servers', index.value] }]);
  return next === undefined ? fail(problems.profileNotEdited(file, name, 'without this entry')) : ok(next);
}

/** Where a server stands in its profile. */
export function indexOf({ servers }: Pick<Profile, 'servers'>, name: string, file: string): Result<number> {
  const index = servers.findIndex((server) => server.name === name);
  const known = servers.map((server) => server.name);
  return index === -1 ? fail(problems.serverNotInProfile(name, known, file)) : ok(index);
}
