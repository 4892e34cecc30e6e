import { applyEdits } from '../../shared/text.ts';
import { parseToml } from '../toml/document.ts';
import { mentionedPart } from '../toml/table.ts';
import { composeEdits } from './composeEdits.ts';
import { removeMember, setValue } from './edit.ts';
import { mergeInsertions } from './listEdit.ts';
import { writeKey } from './newText.ts';
import { serverKeys } from './schema.ts';
import { serversOf } from './servers.ts';
import type { TextEdit } from '../../shared/text.ts';
import type { TomlDocument } from '../toml/document.ts';
import type { TomlMember } from '../toml/table.ts';
import type { NewValue } from './newText.ts';

type Transport = 'stdio' | 'http';

/** A key of one transport that takes the place, and the comments, of one of the other. */
export interface Replacement {
  readonly old: string;
  readonly name: string;
  readonly value: NewValue;
}

/** The keys that a server of this transport must not have: Codex refuses the whole file with one of them. */
export function foreignKeys(transport: Transport): readonly string[] {
  return serverKeys.filter((key) => key.transport !== 'both' && key.transport !== transport).map((key) => key.name);
}

/**
 * Takes the keys of the other transport out of a server's table, as edits of the document. Those that have a
 * replacement are written over where they stand; each step reads the text anew, as one removal moves the commas of the next.
 */
export function switchTransport(
  document: TomlDocument,
  server: string,
  transport: Transport,
  replacements: readonly Replacement[],
): TextEdit[] {
  let current = document;
  let edits: TextEdit[] = [];
  for (;;) {
    const step = nextStep(current, server, transport, replacements);
    if (step === undefined) {
      return edits;
    }
    edits = composeEdits(document.text, edits, mergeInsertions(step));
    current = parseToml(applyEdits(document.text, edits));
  }
}

/** The edits for the first key of the other transport; undefined where there is none. */
function nextStep(
  document: TomlDocument,
  server: string,
  transport: Transport,
  replacements: readonly Replacement[],
): TextEdit[] | undefined {
  const table = serversOf(document.root).find(({ name }) => name === server)?.table;
  const member = foreignKeys(transport)
    .map((name) => table?.members.get(name))
    .find((found) => found !== undefined);
  if (table === undefined || member === undefined) {
    return undefined;
  }
  const replacement = replacements.find(({ old, name }) => old === member.name && !table.members.has(name));
  return (replacement === undefined ? undefined : replace(document, member, replacement)) ?? removeMember(document, member);
}

/** Writes another key and value into the statement of a member; undefined where it has no statement of its own. */
function replace(document: TomlDocument, member: TomlMember, { name, value }: Replacement): TextEdit[] | undefined {
  const [mention] = member.mentions;
  const edits = setValue(document, member, value);
  return mention === undefined || edits === undefined
    ? undefined
    : [{ range: mentionedPart(mention).range, newText: writeKey(name) }, ...edits];
}
