import type { EntryDraft } from './entryDraft.ts';
import type { ForeignServer, MarkedText } from './foreign.ts';
import { shownText } from './placeholders.ts';
import type { CarriedValue, ValueCarrier } from './values.ts';

/** What every kind of entry takes over: the choice of tools, and times. */
export function addCommon(draft: EntryDraft, server: ForeignServer): void {
  if (server.tools !== null) {
    draft.set(`tools ${server.tools.join(', ') || '(none)'}`, 'tools', server.tools);
  }
  if (server.startTimeoutMs !== null) {
    draft.set(`its time to start, ${time(server.startTimeoutMs)}`, 'wharf.startTimeout', time(server.startTimeoutMs));
  }
  if (server.callTimeoutMs !== null) {
    draft.set(`its time for a call, ${time(server.callTimeoutMs)}`, 'wharf.callTimeout', time(server.callTimeoutMs));
  }
}

function time(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** A variable of a server in a container: a value, a reference, or a secret under its name. */
export function addVariable(draft: EntryDraft, name: string, value: CarriedValue): void {
  switch (value.kind) {
    case 'plain':
      draft.append(name, 'env', [{ name, value: value.value }]);
      return;
    case 'reference':
      if (value.reference.startsWith('secret://')) {
        draft.append(`${name} from ${value.reference}`, 'secrets', [{ name: value.reference.slice('secret://'.length), env: name }]);
      } else {
        draft.append(`${name} from ${value.reference}`, 'env', [{ name, value: value.reference }]);
      }
      return;
    case 'template': {
      const uses = value.uses.map(({ env, reference }) => ({ name: reference.replace(/^secret:\/\//, ''), env }));
      const names = value.uses.map(({ reference }) => reference).join(', ');
      if (draft.append(`the parts of ${name} from ${names}`, 'secrets', uses)) {
        draft.append(name, 'env', [{ name, value: value.value }]);
      }
      return;
    }
    case 'left':
      draft.leave(name, value.why);
  }
}

/** The words behind a program, or why they cannot stand in a profile, as half a sentence. */
export function plainWords(
  words: readonly MarkedText[],
  server: ForeignServer,
  options: { readonly home: string | null; readonly isSecret: (before: string, word: string) => boolean },
): readonly string[] | string {
  const plain: string[] = [];
  for (const [index, word] of words.entries()) {
    const text = options.home === null ? word : fillHome(word, server, options.home);
    if (/[\ue000-\uefff]/.test(text)) {
      return `its argument ${shownText(word, server.placeholders)} has a placeholder, and an argument cannot name a secret or a variable`;
    }
    if (options.isSecret(words[index - 1] ?? '', text)) {
      return 'one of its arguments is a secret, which every program of this computer could read, and no profile may hold: give it in a variable of the server';
    }
    plain.push(text);
  }
  return plain;
}

function fillHome(word: MarkedText, { placeholders }: ForeignServer, home: string): string {
  return word.replaceAll(/[\ue000-\uefff]/g, (mark) => (placeholders[mark.charCodeAt(0) - 0xe000]?.kind === 'home' ? home : mark));
}

/** Adds the variables that a server of a catalogue does not have from there already. */
export function addVariables(
  draft: EntryDraft,
  variables: readonly (readonly [string, MarkedText])[],
  carrier: ValueCarrier,
  isThere: (name: string, value: CarriedValue) => boolean = () => false,
): void {
  for (const [name, text] of variables) {
    const value = carrier.carry(name, text);
    if (/(?:^|[/@=,\s])(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?=[:/,\s]|$)/i.test(text)) {
      draft.leave(
        `"localhost" in ${name}`,
        'in a container it is the container itself: name this computer by an address that a container reaches',
      );
    }
    if (isThere(name, value)) {
      draft.carried.push(`${name} from the secret that the catalogue names for it`);
    } else {
      addVariable(draft, name, value);
    }
  }
}
