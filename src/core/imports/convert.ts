import { gatewayAddress } from '../codexConfig/gatewayAddress.ts';
import { programName } from '../codexConfig/gatewayServer.ts';
import { commandLine } from '../profile/commandLine.ts';
import { literalSecrets } from '../profile/literalSecrets.ts';
import { utf8Bytes } from '../scan/bytes.ts';
import type { Scanner } from '../scan/scanner.ts';
import { catalogueEntry } from './catalogueEntry.ts';
import { containerEntry } from './containerEntry.ts';
import { parseDockerRun } from './dockerRun.ts';
import type { Entry, EntryDraft } from './entryDraft.ts';
import type { ForeignServer, ImportOrigin, LeftOut } from './foreign.ts';
import { entryForPackage, type KnownCatalogues } from './knownPackages.ts';
import { nativeEntry } from './nativeEntry.ts';
import { packageReference, parsePackageCommand, type PackageCommand } from './packageCommand.ts';
import { hasMark, shownText } from './placeholders.ts';
import { newProfileText } from './profileText.ts';
import { remoteBehind, type RemoteBehind } from './remoteBehind.ts';
import { remoteEntry, type RemoteWish } from './remoteEntry.ts';
import { ValueCarrier, type IsSecretText, type SecretNeed } from './values.ts';

export interface ImportWishes {
  readonly home: string;
  readonly catalogues: KnownCatalogues;
  /** Programs that no container is known for may go on running as the user, with all rights. */
  readonly mayBeNative: boolean;
  readonly scanner: Scanner;
  /** Names that the profile has already. */
  readonly taken: readonly string[];
  /** For the commands that are proposed. */
  readonly profile: string;
}

interface ImportOptions extends ImportWishes {
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

/** Makes an entry of a profile of each server, as far as one is known for it. The first of two names wins. */
export function convertServers(servers: readonly ForeignServer[], wishes: ImportWishes): readonly ImportedServer[] {
  const options = { ...wishes, isSecretText: secretTexts(wishes.scanner) };
  const taken = new Set(options.taken);
  return servers.map((server) => {
    const as = profileName(server.name);
    const imported = taken.has(as)
      ? leave(server, as, `the profile has a server "${as}" already`)
      : withoutLiterals(convert(server, as, options), options.scanner);
    if ('entry' in imported.outcome) {
      taken.add(as);
    }
    return imported;
  });
}

function secretTexts(scanner: Scanner): IsSecretText {
  return (text) => scanner.scanText(utf8Bytes(text)).length > 0;
}

/** What no reader of values saw must not be written either. */
export function withoutLiterals(imported: ImportedServer, scanner: Scanner): ImportedServer {
  const { outcome, server, as } = imported;
  const [found] = 'entry' in outcome ? literalSecrets(newProfileText('import', [outcome.entry], ''), 'the profile', scanner) : [];
  return found === undefined ? imported : leave(server, as, `its entry would hold a secret itself: ${found.message}`);
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

export function leave(server: ImportedServer['server'], as: string, why: string, next: readonly string[] = []): ImportedServer {
  return { server, as, outcome: { kind: 'left', why: why.replace(/\.$/, '') }, carried: [], leftOut: [], needs: [], next };
}

function convert(server: ForeignServer, as: string, options: ImportOptions): ImportedServer {
  if (!server.isEnabled) {
    return leave(server, as, 'it is turned off there');
  }
  const carrier = new ValueCarrier({ server: as, placeholders: server.placeholders, isSecretText: options.isSecretText });
  const { transport } = server;
  if (transport.kind === 'http') {
    return gatewayAddress(transport.url) === undefined
      ? fromRemote(transport, server, as, carrier, options)
      : leave(server, as, 'it is a gateway itself');
  }
  if (hasMark(transport.command)) {
    return leave(server, as, `its command ${shownText(transport.command, server.placeholders)} has a placeholder`);
  }
  const { command, args } = unwrapped(transport.command, transport.args);
  const program = programName(command);
  if (program === 'wharf' || (program === 'docker' && args[0] === 'mcp') || program === 'docker-mcp') {
    const next =
      program === 'wharf' ? [] : [`wharf client import --from docker-mcp --profile ${options.profile} imports what its profile has.`];
    return leave(server, as, 'it is a gateway itself', next);
  }
  if (['docker', 'podman', 'nerdctl'].includes(program)) {
    return fromDocker(args, server, as, carrier, options);
  }
  const found = parsePackageCommand(command, args);
  const behind = found === undefined ? undefined : remoteBehind(found, transport.env);
  if (found !== undefined && behind !== undefined) {
    return fromBridge(behind, found, server, as, carrier, options);
  }
  return found === undefined
    ? fromProgram({ command, args }, server, as, carrier, options)
    : fromPackage(found, { command, args }, server, as, options);
}

/** What a wrapper of a shell or of Windows runs. */
export function unwrapped(command: string, args: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
  const [first, second, ...rest] = args;
  const isCmd = programName(command) === 'cmd' && /^\/c$/i.test(first ?? '');
  const isEnv = programName(command) === 'env' && first !== undefined && !first.includes('=') && !first.startsWith('-');
  return isCmd && second !== undefined
    ? { command: second, args: rest }
    : isEnv
      ? { command: first, args: args.slice(1) }
      : { command, args };
}

function fromRemote(wish: RemoteWish, server: ForeignServer, as: string, carrier: ValueCarrier, options: ImportOptions): ImportedServer {
  const draft = remoteEntry(wish, server, carrier, { as, isSecretText: options.isSecretText });
  const hasLogin = Object.keys(wish.headers).some((name) => /^(?:authorization|cookie|x-api-key|.*token.*)$/i.test(name));
  return finished('remote', draft, server, as, carrier, hasLogin ? [] : [`wharf oauth authorize ${as} logs in, if it asks for a login.`]);
}

function fromBridge(
  behind: RemoteBehind,
  { name, leftOut }: PackageCommand,
  server: ForeignServer,
  as: string,
  carrier: ValueCarrier,
  options: ImportOptions,
): ImportedServer {
  const imported = fromRemote(behind, server, as, carrier, options);
  return imported.outcome.kind === 'left'
    ? imported
    : {
        ...imported,
        carried: [...imported.carried, `what ${name} reached, without ${name}`],
        leftOut: [...imported.leftOut, ...leftOut, ...behind.leftOut],
      };
}

function fromDocker(
  args: readonly string[],
  server: ForeignServer,
  as: string,
  carrier: ValueCarrier,
  options: ImportOptions,
): ImportedServer {
  const run = parseDockerRun(args);
  if (typeof run === 'string') {
    return fromProgram({ command: 'docker', args }, server, as, carrier, options, run);
  }
  return finished('container', containerEntry(run, server, carrier, { as, ...options }), server, as, carrier, []);
}

function fromPackage(
  found: PackageCommand,
  program: { readonly command: string; readonly args: readonly string[] },
  server: ForeignServer,
  as: string,
  options: ImportOptions,
): ImportedServer {
  const known = entryForPackage(found, options.catalogues);
  if (known !== undefined) {
    const made = catalogueEntry(known, found, server, as, options);
    if (made !== undefined) {
      return {
        ...finished('container', made.draft, server, as, made.carrier, made.next),
        outcome: { kind: 'container', entry: made.draft.value, catalogue: known.ref },
      };
    }
  }
  if (options.mayBeNative) {
    const carrier = new ValueCarrier({ server: as, placeholders: server.placeholders, isSecretText: options.isSecretText });
    return fromProgram(program, server, as, carrier, options);
  }
  const reference = known === undefined ? packageReference(found) : `catalog://${known.ref}/${known.entry.name}`;
  const carrier = new ValueCarrier({ server: as, placeholders: server.placeholders, isSecretText: options.isSecretText });
  const env = server.transport.kind === 'stdio' ? Object.entries(server.transport.env) : [];
  // Its values are asked for, so that the vault gets them all the same.
  env.forEach(([name, text]) => carrier.carry(name, text));
  const left = [
    ...env.map(([name]) => ({ what: name, why: 'the entry is made by the command below, and gets its variables then' })),
    ...(found.args.length === 0
      ? []
      : [{ what: `its arguments, ${shownArguments(found.args, server, options)}`, why: 'the entry is made by the command below' }]),
    ...(server.tools === null
      ? []
      : [{ what: `its choice of tools, ${server.tools.join(', ') || 'none'}`, why: 'the entry is made by the command below' }]),
    ...(found.version === null && known === undefined
      ? [{ what: 'its version', why: 'none is fixed there, so the newest of today is resolved and kept' }]
      : []),
  ];
  return {
    server,
    as,
    outcome: { kind: 'package', reference },
    carried: [],
    leftOut: [...left, ...found.leftOut, ...server.leftOut],
    needs: carrier.needs,
    next: [`wharf profile server add ${options.profile} --server ${reference}`],
  };
}

function shownArguments(args: readonly string[], { placeholders }: ForeignServer, { isSecretText }: ImportOptions): string {
  const words = args.map((word) => (isSecretText(word) ? '***' : shownText(word, placeholders)));
  return commandLine(words);
}

function fromProgram(
  program: { readonly command: string; readonly args: readonly string[] },
  server: ForeignServer,
  as: string,
  carrier: ValueCarrier,
  options: ImportOptions,
  why = `no container is known for the program "${programName(program.command)}"`,
): ImportedServer {
  if (!options.mayBeNative) {
    const next = ['With --native it goes on running as you, outside any container, as it does now.'];
    return leave(server, as, why, next);
  }
  return finished('native', nativeEntry(program, server, carrier, { as, ...options }), server, as, carrier, []);
}

function finished(
  kind: 'container' | 'remote' | 'native',
  draft: EntryDraft | string,
  server: ForeignServer,
  as: string,
  carrier: ValueCarrier,
  next: readonly string[],
): ImportedServer {
  if (typeof draft === 'string') {
    return leave(server, as, draft);
  }
  const { transport } = server;
  const isLost = kind === 'container' && transport.kind === 'stdio' && transport.cwd !== null;
  return {
    server,
    as,
    outcome: { kind, entry: draft.value, catalogue: null },
    carried: draft.carried,
    leftOut: [
      ...draft.leftOut,
      ...(isLost ? [{ what: 'the folder that it ran in', why: 'a container does not see it: "wharf.mounts" gives it a folder' }] : []),
      ...carrier.notes,
      ...server.leftOut,
    ],
    needs: carrier.needs,
    next,
  };
}
