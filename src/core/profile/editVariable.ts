import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { anyCatalogue } from './anyCatalogue.ts';
import { changeText, type Change } from './changes.ts';
import { indexOf, plainEntries } from './editServers.ts';
import { objectOf, type NewEntry } from './newEntry.ts';
import { readProfile } from './read.ts';

/** A variable of an entry's own `env`. */
export interface OwnVariable {
  readonly name: string;
  readonly value: string;
}

/** What the entry itself gives its server in a variable; undefined where it says nothing of it. */
export function ownVariable(entry: NewEntry | undefined, name: string): string | undefined {
  const list = entry?.['env'];
  const found = (Array.isArray(list) ? (list as readonly NewEntry[]) : []).map(objectOf).find((variable) => variable['name'] === name);
  return typeof found?.['value'] === 'string' ? found['value'] : undefined;
}

/** The text of a profile whose entry does not set this variable any more; unchanged where it never did. `file` is only for messages. */
export function removeVariable(text: string, server: string, name: string, file: string): Result<string> {
  const profile = readProfile(text, file, anyCatalogue);
  const index = profile.ok ? indexOf(profile.value, server, file) : profile;
  if (!index.ok) {
    return index;
  }
  const list = plainEntries(text)[index.value]?.['env'];
  const variables = Array.isArray(list) ? (list as readonly NewEntry[]) : [];
  const at = variables.findIndex((variable) => objectOf(variable)['name'] === name);
  if (at === -1) {
    return ok(text);
  }
  const path = ['servers', index.value, 'env'] as const;
  const next = changeText(text, [{ kind: 'remove', path: variables.length === 1 ? path : [...path, at] }]);
  return next === undefined ? fail(problems.profileNotEdited(file, server, `env without ${name}`)) : ok(next);
}

/** The text of a profile in which the entry itself gives its server this variable. `file` is only for messages. */
export function setVariable(text: string, server: string, { name, value }: OwnVariable, file: string): Result<string> {
  const profile = readProfile(text, file, anyCatalogue);
  const index = profile.ok ? indexOf(profile.value, server, file) : profile;
  if (!index.ok) {
    return index;
  }
  const list = plainEntries(text)[index.value]?.['env'];
  const at = Array.isArray(list) ? (list as readonly NewEntry[]).findIndex((variable) => objectOf(variable)['name'] === name) : -1;
  const path = ['servers', index.value, 'env'] as const;
  const change: Change =
    at === -1
      ? { kind: 'append', path, value: { name, value }, before: ['tools', 'catalog_ref', 'catalogRef', 'snapshot', 'wharf'] }
      : { kind: 'set', path: [...path, at, 'value'], value };
  const next = changeText(text, [change]);
  return next === undefined ? fail(problems.profileNotEdited(file, server, `env: [{ name: ${name}, value: ${value} }]`)) : ok(next);
}
