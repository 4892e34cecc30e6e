import type { ResolvedServer } from '../catalog/entry.ts';
import type { Scanner } from '../scan/scanner.ts';
import type { Entry, EntryDraft } from './entryDraft.ts';
import type { ForeignServer, ImportOrigin, LeftOut } from './foreign.ts';
import type { KnownCatalogues } from './knownPackages.ts';
import { ValueCarrier, type IsSecretText, type SecretNeed } from './values.ts';

export interface ImportWishes {
  readonly home: string;
  readonly catalogues: KnownCatalogues;
  /** Packages that were made images, by their references. */
  readonly built: ReadonlyMap<string, ResolvedServer>;
  /** Programs that no container is known for may go on running as the user, with all rights. */
  readonly mayBeNative: boolean;
  readonly scanner: Scanner;
  /** Names that the profile has already. */
  readonly taken: readonly string[];
  /** For the commands that are proposed. */
  readonly profile: string;
}

export interface ImportOptions extends ImportWishes {
  readonly isSecretText: IsSecretText;
}

export type ImportOutcome =
  | { readonly kind: 'container' | 'remote' | 'native'; readonly entry: Entry; readonly catalogue: string | null }
  /** A package of npm or PyPI that nothing is known for: another command makes a container of it. */
  | { readonly kind: 'package'; readonly reference: string }
  | { readonly kind: 'left'; readonly why: string };

/** What became of one server. Whatever it had stands in `carried` or `leftOut`. */
export interface ImportedServer {
  readonly server: { readonly name: string; readonly client: ImportOrigin; readonly file: string };
  /** Its name in the profile. */
  readonly as: string;
  readonly outcome: ImportOutcome;
  readonly carried: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly needs: readonly SecretNeed[];
  /** What is left to do, as commands and sentences. */
  readonly next: readonly string[];
}

/** One server on its way into a profile. */
export interface ImportWork {
  readonly server: ForeignServer;
  /** Its name in the profile. */
  readonly as: string;
  readonly options: ImportOptions;
}

/** Letters, digits, dots, dashes and underscores, as names in profiles are. */
export function profileName(name: string): string {
  const clean = name
    .trim()
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 63);
  return clean === '' ? 'server' : clean;
}

/** `why` is half a sentence. */
export function leave(server: ImportedServer['server'], as: string, why: string, next: readonly string[] = []): ImportedServer {
  return { server, as, outcome: { kind: 'left', why: why.replace(/\.$/, '') }, carried: [], leftOut: [], needs: [], next };
}

/** Converts each server under its name in the profile, which only the first of several gets. */
export function eachOnce<Server extends ImportedServer['server']>(
  servers: readonly Server[],
  taken: readonly string[],
  convert: (server: Server, as: string) => ImportedServer,
): readonly ImportedServer[] {
  const files = new Map<string, string>();
  return servers.map((server) => {
    const as = profileName(server.name);
    const before = files.get(as);
    if (before !== undefined || taken.includes(as)) {
      const why =
        before === undefined ? `the profile has a server "${as}" already` : `the one of the same name in ${before} goes before it`;
      return leave(server, as, why);
    }
    const imported = convert(server, as);
    if ('entry' in imported.outcome) {
      files.set(as, server.file);
    }
    return imported;
  });
}

export function carrierFor({ server, as, options }: ImportWork): ValueCarrier {
  return new ValueCarrier({ server: as, placeholders: server.placeholders, isSecretText: options.isSecretText });
}

/** What became of a draft; a text says in half a sentence why there is none. */
export function finished(
  kind: 'container' | 'remote' | 'native',
  draft: EntryDraft | string,
  { server, as }: ImportWork,
  carrier: ValueCarrier,
  next: readonly string[] = [],
): ImportedServer {
  if (typeof draft === 'string') {
    return leave(server, as, draft);
  }
  const { transport } = server;
  const isLost = kind === 'container' && transport.kind === 'stdio' && transport.cwd !== null;
  const folder = { what: 'the folder that it ran in', why: 'a container does not see it: "wharf.mounts" gives it a folder' };
  return {
    server,
    as,
    outcome: { kind, entry: draft.value, catalogue: null },
    carried: draft.carried,
    leftOut: [...draft.leftOut, ...(isLost ? [folder] : []), ...carrier.notes, ...server.leftOut],
    needs: carrier.needs,
    next,
  };
}
