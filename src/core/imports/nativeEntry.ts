import { EntryDraft, whyNotUsable } from './entryDraft.ts';
import { addCommon, plainWords } from './entryParts.ts';
import type { ForeignServer } from './foreign.ts';
import type { ImportWork } from './imported.ts';
import { piecesOf } from './placeholders.ts';
import { isSecretWord, type ValueCarrier } from './values.ts';

/** The entry of a program that goes on running outside any container, or why there can be none, as half a sentence. */
export function nativeEntry(
  { command, args }: { readonly command: string; readonly args: readonly string[] },
  { server, as, options: { home, isSecretText } }: ImportWork,
  carrier: ValueCarrier,
): EntryDraft | string {
  const isSecret = (before: string, word: string): boolean => isSecretWord(before, word, isSecretText);
  const words = plainWords([command.replace(/^~(?=\/)/, home), ...args], server, { home, isSecret });
  if (typeof words === 'string') {
    return words;
  }
  const [program = '', ...rest] = words;
  const base = { name: as, wharf: { native: { command: program, ...(rest.length === 0 ? {} : { args: rest }) } } };
  const why = whyNotUsable(base);
  if (why !== undefined) {
    return why;
  }
  const draft = new EntryDraft(base);
  draft.carried.push(`the command ${words.join(' ')}`);
  const { env, cwd } = server.transport.kind === 'stdio' ? server.transport : { env: {}, cwd: null };
  for (const [name, text] of Object.entries(env)) {
    const isHome = piecesOf(text, server.placeholders).every(({ kind }) => kind === 'text' || kind === 'home');
    const value = carrier.carry(name, isHome ? filled(text, server, home) : text);
    if (value.kind === 'plain') {
      draft.put(name, 'wharf.native.env', name, value.value);
    } else if (value.kind === 'reference') {
      draft.put(`${name} from ${value.reference}`, 'wharf.native.env', name, value.reference);
    } else {
      draft.leave(name, value.kind === 'left' ? value.why : 'a variable of a native server is a value or one whole reference');
    }
  }
  if (cwd === null) {
    draft.leave(
      'the folder that it runs in',
      'it was the project of the client, and is your home folder now: "wharf.native.cwd" names another',
    );
  } else if (piecesOf(cwd, server.placeholders).some(({ kind }) => kind !== 'text' && kind !== 'home')) {
    draft.leave('the folder that it runs in', 'it has a placeholder, and "wharf.native.cwd" is an absolute path');
  } else {
    draft.set('the folder that it runs in', 'wharf.native.cwd', filled(cwd, server, home));
  }
  addCommon(draft, server);
  return draft;
}

function filled(text: string, server: ForeignServer, home: string): string {
  const words = piecesOf(text, server.placeholders).map((piece) =>
    piece.kind === 'text' ? piece.text : piece.kind === 'home' ? home : '',
  );
  return words.join('');
}
