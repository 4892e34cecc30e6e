import { serverDrift } from '../../core/lock/drift.ts';
import type { ProfileLock } from '../../core/lock/lock.ts';
import { isPackageImage } from '../../core/packages/packageImage.ts';
import * as problems from '../../core/problems.ts';
import type { Profile, ProfileServer } from '../../core/profile/profile.ts';
import { parseSecretReference } from '../../core/secrets/reference.ts';
import type { ProfileFile } from '../../node/profileFiles.ts';
import { sha256 } from '../../node/scanning.ts';
import type { Problem } from '../../shared/problem.ts';
import { ok, type Result } from '../../shared/result.ts';
import { counted } from './engineChecks.ts';
import { fails, fine, skips, warns, type Check, type Outcome } from './check.ts';

/** What the daemon knows; null is what it could not be asked, with the reason. */
export interface Known {
  /** Names of the user's secrets in the vault. */
  readonly secrets: ReadonlySet<string> | null;
  /** Those whose entry there is damaged; they are mended as missing ones are, by setting them. */
  readonly damaged: readonly string[];
  /** The content id of each image by its reference, null where it is not there. */
  readonly images: ReadonlyMap<string, string | null> | null;
  /** The lock of each profile by the profile's path; null where it has none. */
  readonly locks: ReadonlyMap<string, Result<ProfileLock | null>>;
  /** Who keeps the key of a vault that only a person can open; null where it is open, opens itself, or is not there. */
  readonly lockedBy: string | null;
  /** Why servers of a profile may not run, by the profile's path: what a policy file says. */
  readonly unapproved: ReadonlyMap<string, Result<ReadonlyMap<string, Problem>>>;
  readonly whyNoSecrets: string;
  readonly whyNoImages: string;
}

/** The checks of one profile. `tellsNames`: whether secrets and images are named, or only counted. */
export function profileChecks(file: ProfileFile, known: Known, tellsNames: boolean): readonly Check[] {
  const id = `profile/${file.id}`;
  const title = `Profile ${file.id}`;
  const outcome = profileOutcome(file, tellsNames);
  const first: Check = { id, title, outcome };
  if (!file.profile.ok || outcome.kind === 'failed') {
    return [first];
  }
  const { value } = file.profile;
  const lock = known.locks.get(file.path) ?? ok(null);
  return [
    first,
    ...readinessChecks(file, value, known, tellsNames),
    { id: `${id}/lock`, title: `Lock of ${file.id}`, outcome: lockOutcome(file.id, value, lock, known, tellsNames) },
    { id: `${id}/images`, title: `Images of ${file.id}`, outcome: imagesOutcome(file.id, value, known, tellsNames) },
    { id: `${id}/secrets`, title: `Secrets of ${file.id}`, outcome: secretsOutcome(file.id, value, known, tellsNames) },
  ];
}

/** What keeps servers from starting that only the profile and the policy know; nothing where nothing does. */
function readinessChecks(file: ProfileFile, { servers }: Profile, { unapproved }: Known, tellsNames: boolean): readonly Check[] {
  const refused = unapproved.get(file.path) ?? ok(new Map<string, Problem>());
  const [problem] = refused.ok ? refused.value.values() : [refused.problem];
  const bare = servers.find(({ missingConfig }) => missingConfig.length > 0);
  const path = file.scope === 'user' ? file.id : file.path;
  const missing =
    bare &&
    (tellsNames
      ? problems.configMissing(bare.name, bare.missingConfig, path)
      : problems.configMissing('…', [{ key: '…', isList: false }], path));
  return [
    ...(problem === undefined ? [] : [{ id: `profile/${file.id}/policy`, title: `Policy for ${file.id}`, outcome: fails(problem) }]),
    ...(missing === undefined ? [] : [{ id: `profile/${file.id}/config`, title: `Configuration of ${file.id}`, outcome: warns(missing) }]),
  ];
}

/** Profiles of a project that one of the user's, or one that was pulled, hides: an entry with their id means the other. */
export function hiddenChecks(profiles: readonly ProfileFile[]): readonly Check[] {
  return profiles
    .filter(({ scope }) => scope === 'user')
    .flatMap((file) => profiles.filter(({ scope, id }) => scope === 'project' && id === file.id).map((hidden) => ({ file, hidden })))
    .map(({ file, hidden }) => ({
      id: `profile/${file.id}/hides`,
      title: `Profile ${file.id} twice`,
      outcome: warns(problems.profileHides(file.id, file.path, hidden.path)),
    }));
}

/** Whether it is understood, and served. */
export function profileOutcome(file: ProfileFile, tellsNames: boolean): Outcome {
  const { id, path, scope, profile, allowed, isPulled, changedImages } = file;
  if (!profile.ok) {
    return fails(withoutQuote(profile.problem));
  }
  if (!allowed) {
    return fails(problems.profileNotAllowed(path, id, isPulled, scope === 'user'));
  }
  const [changed] = changedImages;
  if (changed !== undefined) {
    const server = profile.value.servers.find(({ name }) => name === changed);
    const image = server?.kind === 'image' ? server.image : '';
    return fails(tellsNames ? problems.imageNotGranted(changed, image, id) : problems.imageNotGranted('…', '…', id));
  }
  const whose = isPulled ? 'from a registry, and allowed' : scope === 'user' ? 'yours' : "the project's, and allowed";
  return fine(`${whose}, ${counted(profile.value.servers.length, 'server')}`);
}

/** What a reader of a file says of its syntax may quote the line, and that may hold anything. */
export function withoutQuote(problem: Problem): Problem {
  const { place } = problem;
  // These say nothing of the text but the name of a server, and of a catalogue.
  const isQuote = place !== undefined && !problem.code.startsWith('WHARF_CATALOG_');
  return !isQuote
    ? problem
    : {
        code: problem.code,
        message: `The file ${place.file} is not understood at line ${place.line}, column ${place.column}.`,
        next:
          problem.code === 'WHARF_LOCK_BROKEN'
            ? problem.next
            : `Correct the line; ${place.file.endsWith('.toml') ? '"wharf check"' : '"wharf profile list"'} says what is wrong with it.`,
      };
}

/** Whether the lock lets its servers start. What only they can say, such as their tools, "wharf profile verify" compares. */
export function lockOutcome(
  id: string,
  { servers }: Profile,
  lock: Result<ProfileLock | null>,
  { images }: Pick<Known, 'images'>,
  tellsNames: boolean,
): Outcome {
  if (!lock.ok) {
    return fails(withoutQuote(lock.problem));
  }
  const locked = lock.value;
  if (locked === null) {
    return fine('it has none, so that whatever its servers offer is served');
  }
  const held = servers.filter((server) => {
    const its = locked.servers.get(server.name);
    // The digests of an image are not known here; the content is.
    const isById = its?.image?.content.kind === 'id';
    const image =
      server.kind === 'image' ? { reference: server.image, id: isById ? (images?.get(server.image) ?? null) : null, digests: [] } : null;
    return serverDrift(its, { name: server.name, image, offers: null }, sha256).length > 0;
  });
  return held.length === 0
    ? fine(`it has ${counted(locked.servers.size, 'server')}; "wharf profile verify ${id}" compares their tools`)
    : fails(problems.lockHolds(id, held.length, tellsNames ? held.map(({ name }) => name) : null));
}

export function imagesOutcome(id: string, { servers }: Profile, { images, whyNoImages }: Known, tellsNames: boolean): Outcome {
  const wanted = imagesOf({ servers });
  if (wanted.length === 0) {
    return fine('it needs none');
  }
  if (images === null) {
    return skips(whyNoImages);
  }
  const missing = wanted.filter((image) => (images.get(image) ?? null) === null);
  const unbuilt = missing.find(isPackageImage);
  if (unbuilt !== undefined) {
    return fails(problems.packageNotBuilt(tellsNames ? unbuilt : 'of a package', null));
  }
  return missing.length === 0
    ? fine(`${counted(wanted.length, 'image')}, all here`)
    : warns(problems.imagesNotHere(id, missing.length, tellsNames ? missing : null));
}

export function imagesOf({ servers }: Pick<Profile, 'servers'>): readonly string[] {
  return [...new Set(servers.flatMap((server) => (server.kind === 'image' ? [server.image] : [])))];
}

export function secretsOutcome(id: string, { servers }: Profile, { secrets, lockedBy, whyNoSecrets }: Known, tellsNames: boolean): Outcome {
  const references = new Set(servers.flatMap(referencesOf));
  if (references.size === 0) {
    return fine('it wants none');
  }
  const names = wantedSecrets({ servers });
  const elsewhere = [...references].filter((text) => parseSecretReference(text)?.kind !== 'vault').length;
  const rest = elsewhere === 0 ? '' : `; ${elsewhere} from elsewhere, not looked at`;
  if (names.length === 0) {
    return fine(`none from the vault${rest}`);
  }
  if (secrets === null) {
    return skips(whyNoSecrets);
  }
  const missing = names.filter((name) => !secrets.has(name));
  if (missing.length === 0 && lockedBy !== null) {
    return fails(problems.vaultLocked(lockedBy));
  }
  return missing.length === 0
    ? fine(`${counted(names.length, 'secret')} of the vault, all set${tellsNames ? `: ${names.join(', ')}` : ''}${rest}`)
    : fails(problems.secretsMissing(id, missing.length, tellsNames ? missing : null));
}

function referencesOf(server: ProfileServer): readonly string[] {
  return server.kind === 'builtIn' ? [] : server.secrets.map(({ reference }) => reference);
}

/** Names of what a profile wants from the vault. */
export function wantedSecrets({ servers }: Pick<Profile, 'servers'>): readonly string[] {
  const names = servers.flatMap(referencesOf).flatMap((text) => {
    const reference = parseSecretReference(text);
    return reference?.kind === 'vault' ? [reference.name] : [];
  });
  return [...new Set(names)];
}
