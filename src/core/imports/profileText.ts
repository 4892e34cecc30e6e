import { isMap, isNode, isScalar, isSeq, parseDocument, stringify, type YAMLSeq } from 'yaml';

import { fail, ok, type Result } from '../../shared/result.ts';
import type { CatalogLookup } from '../catalog/entry.ts';
import { readProfile } from '../profile/read.ts';
import * as problems from '../problems.ts';
import type { Entry } from './entryDraft.ts';

/** A new profile of these entries, as a file that a person reads. `comment` is its first line. */
export function newProfileText(id: string, entries: readonly Entry[], comment: string): string {
  return `# ${comment}\nversion: 1\nid: ${id}\nname: ${id}\nservers:${entries.length === 0 ? ' []\n' : `\n${entries.map((entry) => itemText(entry, '  ', '\n')).join('')}`}`;
}

/**
 * The text of a profile with more servers behind those that it has; no other byte changes. The result is read again, and given only
 * where it says what it said before and these entries. `file` is only for messages.
 */
export function withServers(text: string, entries: readonly Entry[], file: string, catalogs: CatalogLookup): Result<string> {
  const profile = readProfile(text, file, catalogs);
  if (!profile.ok) {
    return profile;
  }
  const document = parseDocument(text, { prettyErrors: false });
  const servers = isMap(document.contents) ? document.contents.get('servers', true) : undefined;
  const next = isSeq(servers) && servers.items.length > 0 ? behindLast(text, servers, entries) : inPlaceOfNone(text, servers, entries);
  return next !== undefined && isWith(text, next, entries) && readProfile(next, file, catalogs).ok
    ? ok(next)
    : fail(problems.profileNotEdited(file, entries.map(nameOf).join(', '), stringify(entries, { lineWidth: 0 })));
}

function nameOf({ name }: Entry): string {
  return typeof name === 'string' ? name : '';
}

function behindLast(text: string, servers: YAMLSeq, entries: readonly Entry[]): string | undefined {
  const last = servers.items.at(-1);
  const first = servers.items[0];
  if (servers.flow === true || !isNode(last) || !last.range || !isNode(first) || !first.range) {
    return undefined;
  }
  const eol = eolOf(text);
  const lead = /^[ \t]*(?=-)/.exec(text.slice(text.lastIndexOf('\n', first.range[0] - 1) + 1))?.[0] ?? '';
  const items = entries.map((entry) => itemText(entry, lead, eol)).join('');
  const end = last.range[1];
  // A block's end is behind its last line end; comments and blank lines that follow belong to what comes next.
  const at = text[end - 1] === '\n' ? end : text.indexOf('\n', end) + 1;
  return at === 0 ? `${text}${eol}${items}` : text.slice(0, at) + items + text.slice(at);
}

function inPlaceOfNone(text: string, servers: unknown, entries: readonly Entry[]): string | undefined {
  const eol = eolOf(text);
  const items = entries.map((entry) => itemText(entry, '  ', eol)).join('');
  if (servers === undefined || servers === null) {
    return `${text}${text.endsWith('\n') || text === '' ? '' : eol}servers:${eol}${items}`;
  }
  if (!isNode(servers) || !servers.range || !(isSeq(servers) || (isScalar(servers) && servers.value === null))) {
    return undefined;
  }
  const [from, to] = servers.range;
  const rest = text.slice(to).replace(/^[^\S\r\n]*\r?\n/, '');
  return `${text.slice(0, from).trimEnd()}${eol}${items}${rest}`;
}

function itemText(entry: Entry, lead: string, eol: string): string {
  const lines = stringify([entry], { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd().split('\n');
  return lines.map((line) => `${line === '' ? '' : lead}${line}${eol}`).join('');
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function isWith(before: string, after: string, entries: readonly Entry[]): boolean {
  const [old, now] = [parseDocument(before).toJS() as Record<string, unknown>, parseDocument(after).toJS() as Record<string, unknown>];
  const { servers: known, ...others } = old;
  const { servers: found, ...left } = now;
  const wanted = [...((known as unknown[] | null | undefined) ?? []), ...entries];
  return JSON.stringify(others) === JSON.stringify(left) && JSON.stringify(found) === JSON.stringify(wanted);
}
