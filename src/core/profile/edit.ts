import { isMap, isNode, isScalar, isSeq, parseDocument, type Document, type YAMLMap, type YAMLSeq } from 'yaml';

import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { anyCatalogue } from './anyCatalogue.ts';
import { keysOfDocker } from './entryKeys.ts';
import { readProfile } from './read.ts';
import { flow, insertBlock, insertFlow, insertLine, isEmptyScalar, lineStart, pairOf, type TextEdit } from './yamlText.ts';

export type SettingValue = string | number | boolean | readonly string[];

/**
 * Sets one setting of a server in the text of a profile file: under `wharf:`, or beside it for a key of Docker's such as
 * `allowHosts`. Only the bytes of that value change; comments, order, quoting and line ends stay. The result is read again, and
 * given only when exactly this value differs. `file` is only for messages.
 */
export function setServerSetting(text: string, server: string, key: string, value: SettingValue, file = 'the profile'): Result<string> {
  const profile = readProfile(text, file, anyCatalogue);
  if (!profile.ok) {
    return profile;
  }
  const index = profile.value.servers.findIndex(({ name }) => name === server);
  if (index === -1) {
    const known = profile.value.servers.map(({ name }) => name);
    return fail(problems.serverNotInProfile(server, known, file));
  }
  const document = parseDocument(text, { prettyErrors: false });
  const servers = isMap(document.contents) ? document.contents.get('servers', true) : undefined;
  const entry = isSeq(servers) ? servers.items[index] : undefined;
  const edit = isMap(entry) ? editOf(text, entry, key, value) : undefined;
  const next = edit && text.slice(0, edit.from) + edit.text + text.slice(edit.to);
  return next !== undefined && isOnlyChange(document, next, index, key, value)
    ? ok(next)
    : fail(problems.profileNotEdited(file, server, `${isBesideWharf(key) ? '' : 'wharf.'}${key}: ${flow(value)}`));
}

/** Docker has a "user" as well; Wharf's own goes before it, and is gone with the other relaxations where `wharf:` is taken out. */
function isBesideWharf(key: string): boolean {
  return key === 'tools' || (keysOfDocker.includes(key) && key !== 'user');
}

function editOf(text: string, entry: YAMLMap, key: string, value: SettingValue): TextEdit | undefined {
  if (isBesideWharf(key)) {
    return setIn(text, entry, key, value);
  }
  const own = pairOf(entry, 'wharf');
  if (own === undefined) {
    return entry.flow === true
      ? insertFlow(entry, `wharf: { ${key}: ${flow(value)} }`)
      : insertBlock(text, entry, (indent, eol) => `wharf:${eol}${indent}  ${key}: ${flow(value)}`);
  }
  return isMap(own.value) ? setIn(text, own.value, key, value) : undefined;
}

function setIn(text: string, map: YAMLMap, key: string, value: SettingValue): TextEdit | undefined {
  const pair = pairOf(map, key);
  if (pair === undefined) {
    const line = `${key}: ${flow(value)}`;
    return map.flow === true ? insertFlow(map, line) : insertBlock(text, map, () => line);
  }
  const old = pair.value;
  if (isSeq(old) && Array.isArray(value)) {
    const grown = appendItems(text, old, value as readonly string[]);
    if (grown !== undefined || old.flow !== true) {
      return grown;
    }
  }
  return isNode(old) && old.range && (isScalar(old) || isSeq(old)) && !isEmptyScalar(old)
    ? { from: old.range[0], to: old.range[1], text: flow(value) }
    : undefined;
}

/** Undefined where the list does not only grow at its end. */
function appendItems(text: string, { items, flow: isFlow }: YAMLSeq, value: readonly string[]): TextEdit | undefined {
  const last = items.at(-1);
  const known = items.map((item) => (isScalar(item) ? item.value : undefined));
  const more = value.slice(known.length);
  if (!isScalar(last) || !last.range || more.length === 0 || known.some((item, at) => item !== value[at])) {
    return undefined;
  }
  const [from, end] = last.range;
  if (isFlow === true) {
    return { from: end, to: end, text: more.map((item) => `, ${flow(item)}`).join('') };
  }
  const lead = /^ *- */.exec(text.slice(lineStart(text, from), from))?.[0];
  return lead === undefined
    ? undefined
    : insertLine(
        text,
        end,
        more.map((item) => `${lead}${flow(item)}`),
      );
}

/** Whether a text means what another did, but for this one setting. */
function isOnlyChange(before: Document, next: string, index: number, key: string, value: SettingValue): boolean {
  const after = parseDocument(next, { prettyErrors: false, uniqueKeys: true });
  if (after.errors.length > 0) {
    return false;
  }
  // What an anchor and its aliases share is one object before, and must not change in two places.
  const expected = JSON.parse(JSON.stringify(before.toJS())) as { servers: Record<string, unknown>[] };
  const entry = expected.servers[index] ?? {};
  const holder = isBesideWharf(key) ? entry : ((entry['wharf'] ??= {}) as Record<string, unknown>);
  holder[key] = value;
  return JSON.stringify(expected) === JSON.stringify(after.toJS());
}
