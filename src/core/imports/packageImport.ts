import { commandLine } from '../profile/commandLine.ts';
import { catalogueEntry } from './catalogueEntry.ts';
import type { LeftOut } from './foreign.ts';
import { carrierFor, finished, type ImportedServer, type ImportWork } from './imported.ts';
import { entryForPackage } from './knownPackages.ts';
import { packageEntry } from './packageEntry.ts';
import { packageReference, type PackageCommand } from './packageCommand.ts';
import { shownText } from './placeholders.ts';
import { isOpaque, isSecretWord } from './values.ts';

const below = 'nothing is known of the package, so there is no entry yet';

/** The container that a catalogue has for a package, or the reference that makes one of it. `otherwise` goes before the reference. */
export function importPackage(found: PackageCommand, work: ImportWork, otherwise: () => ImportedServer | undefined): ImportedServer {
  const { server, as, options } = work;
  const known = entryForPackage(found, options.catalogues);
  const made = known === undefined ? undefined : catalogueEntry(known, found, work);
  if (known !== undefined && made !== undefined && typeof made !== 'string') {
    const imported = finished('container', made.draft, work, made.carrier, made.next);
    return { ...imported, outcome: { kind: 'container', entry: made.draft.value, catalogue: known.ref } };
  }
  const reference = packageReference(found);
  const image = options.built.get(reference);
  if (image !== undefined) {
    const carrier = carrierFor(work);
    return finished('container', packageEntry(image, found, work, carrier), work, carrier);
  }
  const native = otherwise();
  if (native !== undefined) {
    return native;
  }
  const carrier = carrierFor(work);
  const env = server.transport.kind === 'stdio' ? Object.entries(server.transport.env) : [];
  // So that the vault gets its secrets all the same.
  env.forEach(([name, text]) => carrier.carry(name, text));
  return {
    server,
    as,
    outcome: { kind: 'package', reference },
    carried: [],
    leftOut: [
      ...(typeof made === 'string' ? [{ what: "the catalogue's container", why: made }] : []),
      ...env.map(([name]) => ({ what: name, why: below })),
      ...choicesOf(found, work),
      ...found.leftOut,
      ...server.leftOut,
    ],
    needs: carrier.needs,
    next: [
      'With --build it is installed into an image now, and gets its arguments and variables.',
      `Without: wharf profile server add ${options.profile} --server ${reference}`,
    ],
  };
}

function choicesOf({ args, version }: PackageCommand, { server, options }: ImportWork): readonly LeftOut[] {
  const words = args.map((word, index) =>
    isSecretWord(args[index - 1] ?? '', word, options.isSecretText) || isOpaque(word) ? '***' : shownText(word, server.placeholders),
  );
  const times = server.startTimeoutMs !== null || server.callTimeoutMs !== null;
  return [
    ...(args.length === 0 ? [] : [{ what: `its arguments, ${commandLine(words)}`, why: below }]),
    ...(server.tools === null ? [] : [{ what: `its choice of tools, ${server.tools.join(', ') || 'none'}`, why: below }]),
    ...(times ? [{ what: 'its times to start and for a call', why: below }] : []),
    ...(version === null ? [{ what: 'its version', why: 'none is fixed there, so the newest of today is resolved and kept' }] : []),
  ];
}
