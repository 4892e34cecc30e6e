import { stringify } from 'yaml';

import { ok, type Result } from '../../shared/result.ts';
import type { CatalogLookup } from '../catalog/entry.ts';
import { addServer } from '../profile/editServers.ts';
import type { NewEntry } from '../profile/newEntry.ts';
import type { Entry } from './entryDraft.ts';

/** A new profile of these entries, as a file that a person reads. `comment` is its first line. */
export function newProfileText(id: string, entries: readonly Entry[], comment: string): string {
  return `# ${comment}\nversion: 1\nid: ${id}\nname: ${id}\nservers:${entries.length === 0 ? ' []\n' : `\n${entries.map((entry) => itemText(entry)).join('')}`}`;
}

/** The text of a profile with more servers behind those that it has; no other byte changes. `file` is only for messages. */
export function withServers(text: string, entries: readonly Entry[], file: string, catalogs: CatalogLookup): Result<string> {
  return entries.reduce<Result<string>>((now, entry) => {
    const added = now.ok ? addServer(now.value, entry as NewEntry, file, catalogs) : now;
    return added.ok && typeof added.value !== 'string' ? ok(added.value.text) : (added as Result<string>);
  }, ok(text));
}

function itemText(entry: Entry): string {
  const lines = stringify([entry], { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd().split('\n');
  return lines.map((line) => `${line === '' ? '' : '  '}${line}\n`).join('');
}
