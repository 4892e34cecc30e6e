import type { ResolvedServer } from '../catalog/entry.ts';
import { entryOf } from '../profile/newEntry.ts';
import { EntryDraft, whyNotUsable, type Entry } from './entryDraft.ts';
import { addCommon, addVariables, plainWords } from './entryParts.ts';
import type { ImportWork } from './imported.ts';
import type { PackageCommand } from './packageCommand.ts';
import { isSecretWord, type ValueCarrier } from './values.ts';

/** The entry of a package that was made an image, with the arguments and variables that it was started with; or why there is none. */
export function packageEntry(
  resolved: ResolvedServer,
  found: PackageCommand,
  { server, as, options: { isSecretText } }: ImportWork,
  carrier: ValueCarrier,
): EntryDraft | string {
  const isSecret = (before: string, word: string): boolean => isSecretWord(before, word, isSecretText);
  const words = plainWords(found.args, server, { home: null, isSecret });
  if (typeof words === 'string') {
    return words;
  }
  const entry = entryOf(resolved, { alias: as }) as Entry;
  const command = words.length === 0 ? {} : { command: words };
  const base = { ...entry, snapshot: { server: { ...(resolved.entry.server as Entry), ...command } } };
  const why = whyNotUsable(base);
  if (why !== undefined) {
    return why;
  }
  const draft = new EntryDraft(base);
  draft.carried.push(`the package ${found.name} as an image`, ...(words.length === 0 ? [] : [`its arguments, ${words.join(' ')}`]));
  if (found.program !== null && found.program !== found.name.replace(/^.*\//, '')) {
    draft.leave(`its program ${found.program}`, 'the image starts the one that the package names');
  }
  if (words.some((word) => /^(?:~|\.{1,2})?[\\/]|^[A-Za-z]:[\\/]/.test(word))) {
    draft.leave('folders of its arguments', 'a container sees none of this computer: "wharf.mounts" gives it those that it needs');
  }
  addVariables(draft, server.transport.kind === 'stdio' ? Object.entries(server.transport.env) : [], carrier);
  found.leftOut.forEach(({ what, why: reason }) => draft.leave(what, reason));
  addCommon(draft, server);
  return draft;
}
