import type { CatalogEntry } from '../catalog/entry.ts';
import { isRecord, listOf, textOf } from '../provenance/json.ts';
import { EntryDraft, startsOnlyWith, whyNotUsable, type Entry } from './entryDraft.ts';
import { addCommon, addVariables } from './entryParts.ts';
import type { ImportWork } from './imported.ts';
import type { PackageCommand } from './packageCommand.ts';
import { addFolders } from './packageFolders.ts';
import { shownText } from './placeholders.ts';
import { isOpaque, isSecretWord, ValueCarrier } from './values.ts';

/**
 * The container of a catalogue in the place of a package that npx or uvx fetched anew with each start; half a sentence where it cannot
 * be used.
 */
export function catalogueEntry(
  { ref, entry }: { readonly ref: string; readonly entry: CatalogEntry & { readonly kind: 'image' } },
  found: PackageCommand,
  { server, as, options: { isSecretText, profile, catalogues, home } }: ImportWork,
): { readonly draft: EntryDraft; readonly carrier: ValueCarrier; readonly next: readonly string[] } | string {
  const base: Entry = { name: entry.name, catalog_ref: ref, ...(as === entry.name ? {} : { wharf: { alias: as } }) };
  const why = whyNotUsable(base, catalogues.lookup);
  if (why !== undefined) {
    return why;
  }
  const draft = new EntryDraft(base, catalogues.lookup);
  draft.carried.push(`the image ${entry.image} of the catalogue ${ref}, in the place of the package ${found.name}`);
  const named = secretNames(entry);
  const carrier = new ValueCarrier({ server: as, placeholders: server.placeholders, isSecretText, named });
  const env = server.transport.kind === 'stdio' ? Object.entries(server.transport.env) : [];
  addVariables(draft, env, carrier, (name, value) => value.kind === 'reference' && value.reference === `secret://${named.get(name) ?? ''}`);
  found.leftOut.forEach(({ what, why }) => draft.leave(what, why));
  const args = addFolders(draft, found, entry, { server, home });
  const isSecret = (word: string, index: number): boolean => isSecretWord(args[index - 1] ?? '', word, isSecretText) || isOpaque(word);
  const words = args.map((word, index) => (isSecret(word, index) ? '***' : shownText(word, server.placeholders)));
  const missing = startsOnlyWith(draft.value, as, { profile, catalogues });
  const next = [...missing];
  if (words.length > 0) {
    draft.leave(`its arguments, ${words.join(' ')}`, 'the image starts with those of the catalogue');
    if (missing.length === 0) {
      next.push(`wharf profile config ${profile} --set ${as}.KEY=VALUE sets what the catalogue lets one choose.`);
    }
  }
  addCommon(draft, server);
  return { draft, carrier, next };
}

/** By the variable: the name in the vault that the catalogue has for it. */
function secretNames({ server }: CatalogEntry): ReadonlyMap<string, string> {
  return new Map(
    listOf(server['secrets']).flatMap((secret) => {
      const [name, env] = isRecord(secret) ? [textOf(secret['name']), textOf(secret['env'])] : [null, null];
      return name === null || env === null ? [] : [[env, name] as const];
    }),
  );
}
