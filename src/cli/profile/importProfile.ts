import { basename, join, resolve } from 'node:path';

import { importedGrants } from '../../core/profile/askedGrants.ts';
import { literalSecrets } from '../../core/profile/literalSecrets.ts';
import { isLoose } from '../../core/profile/grants.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { isProfileId } from '../../core/profile/profileId.ts';
import { profileYaml } from '../../core/profile/profileJson.ts';
import { readProfile } from '../../core/profile/read.ts';
import * as problems from '../../core/problems.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import type { Locations } from '../../node/locations.ts';
import { rememberWritten } from '../../node/editedProfile.ts';
import { profilePathsFrom } from '../../node/profileFiles.ts';
import { userProfilesFolder } from '../../node/profileFolders.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { readTextFile, replaceTextFile } from '../../node/textFile.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { visibleText } from '../../shared/visibleText.ts';
import { ask } from '../ask.ts';
import { complain, exitCodes, note, print, printFile } from '../output.ts';
import { unapproved } from '../unapproved.ts';
import { shownGrants } from './consent.ts';
import { sayMissing } from './sayMissing.ts';
import { printDifference } from './target.ts';
import { secretsThere, type VaultNames } from './vaultNames.ts';

export interface ImportRequest {
  readonly path: string;
  /** Another profile of this id is replaced without a question. */
  readonly replace: boolean;
  /** What it grants is taken without a question. */
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** Bytes: as many as a profile may have. */
const profileLimit = 1024 ** 2;

/** `wharf profile import`: a profile in a file becomes the user's own, under its id. */
export async function importProfile(locations: Locations, request: ImportRequest, names: VaultNames): Promise<number> {
  const given = await readImport(locations, request.path);
  if (!given.ok) {
    return complain(given.problem);
  }
  const { text, profile } = given.value;
  const { id } = profile;
  const found = await profilePathsFrom(locations, process.cwd());
  const target = found.find((one) => one.id === id && one.scope === 'user')?.path ?? join(userProfilesFolder(locations), `${id}.yaml`);
  const before = await readTextFile(target);
  if (!before.ok) {
    return complain(before.problem);
  }
  const isUnchanged = before.value.hash !== null && before.value.text === text;
  const isOther = before.value.hash !== null && !isUnchanged;
  if (request.dryRun) {
    if (isOther) {
      printDifference(before.value.text, text);
    } else {
      printFile(text);
    }
    note(`wharf: Nothing was written to ${target}.`);
    return exitCodes.ok;
  }
  const asked = isUnchanged ? [] : await goesBeyondDocker(profile, names);
  const consent = await consents(locations, request, profile, { target, isOther, before: before.value.text, text, asked });
  if (typeof consent === 'number') {
    return consent;
  }
  const written = isUnchanged ? ok(null) : await replaceTextFile(before.value, text, join(locations.dataFolder, 'backups'));
  const remembered = written.ok ? await rememberWritten(locations, target, text) : written;
  if (!remembered.ok) {
    return complain(remembered.problem);
  }
  print(`Imported profile ${id}`);
  if (isOther) {
    note(`wharf: It replaced the profile of this id, ${target}; a backup of that is kept below ${join(locations.dataFolder, 'backups')}.`);
  }
  await sayMissing(id, profile.servers, names);
  found
    .filter((one) => one.id === id && one.path !== target)
    .forEach(({ path }) => note(`wharf: Whoever names "${id}" gets this one now, and not ${path}.`));
  return exitCodes.ok;
}

interface Import {
  /** What is written: a YAML file as it stands, comments included. */
  readonly text: string;
  readonly profile: Profile;
}

async function readImport(locations: Locations, path: string): Promise<Result<Import>> {
  if (!/\.(?:ya?ml|json)$/.test(path)) {
    return fail(problems.badArgument('A profile is imported from a file that ends with .yaml, .yml or .json.', 'wharf profile import'));
  }
  const file = await readTextFile(resolve(path), profileLimit);
  if (!file.ok || file.value.hash === null) {
    return file.ok ? fail(problems.fileUnreadable(path, 'there is no such file')) : file;
  }
  // As it was given, so that places of problems are those of this file.
  const read = readProfile(file.value.text, path, catalogLookup(locations));
  if (!read.ok) {
    return read;
  }
  const [secret] = literalSecrets(file.value.text, path, nodeScanner());
  if (secret !== undefined) {
    return fail(secret);
  }
  const text = path.endsWith('.json') ? yamlOf(file.value.text, path) : ok(file.value.text);
  if (!text.ok) {
    return text;
  }
  const refused = await unapproved(locations, text.value, read.value);
  const [refusal] = refused.ok ? refused.value.values() : [refused.problem];
  if (refusal !== undefined) {
    return fail(refusal);
  }
  const id = read.value.id.replace(/\.json$/, '');
  return isProfileId(id)
    ? ok({ text: text.value, profile: { ...read.value, id } })
    : fail(problems.badArgument(`"${id}" can not be the id of a profile: give the file another "id".`, 'wharf profile import'));
}

function yamlOf(json: string, path: string): Result<string> {
  try {
    return ok(profileYaml(JSON.parse(json) as Readonly<Record<string, unknown>>, `From ${visibleText(basename(path))}`));
  } catch {
    return fail(problems.profileSyntax({ file: path, line: 1, column: 1 }, 'it ends with .json and is no JSON'));
  }
}

interface Consent {
  readonly target: string;
  readonly isOther: boolean;
  readonly before: string;
  readonly text: string;
  /** What its servers get that needs a question. */
  readonly asked: readonly string[];
}

/** True, or the exit code of a command that did nothing: a file grants nothing that its user did not see. */
async function consents(
  locations: Locations,
  request: ImportRequest,
  profile: Profile,
  { target, isOther, before, text, asked }: Consent,
): Promise<true | number> {
  const lines = await shownGrants(locations, profile);
  const asksForGrants = asked.length > 0 && !request.yes;
  const asksToReplace = isOther && !request.replace;
  if (asksToReplace && !process.stdin.isTTY) {
    return complain(problems.importTaken(profile.id, target));
  }
  if (asksForGrants && !process.stdin.isTTY) {
    return complain(problems.importConsent(request.path, lines.join('\n')));
  }
  if (lines.length > 0) {
    note('wharf: It starts this, and may reach this:');
    lines.forEach(note);
  }
  if (asksToReplace) {
    printDifference(before, text);
  }
  if ((asksForGrants || asksToReplace) && !(await ask(asksToReplace ? `Replace ${target}?` : 'Import it?'))) {
    print('Nothing was written.');
    return exitCodes.problems;
  }
  return true;
}

/** What a profile gives beyond the strictest settings, and Docker's own network. */
async function goesBeyondDocker({ servers, output }: Profile, names: VaultNames): Promise<readonly string[]> {
  const isThere = await secretsThere(names);
  return [...(isLoose(output) ? ['output'] : []), ...servers.flatMap((server) => importedGrants(server, isThere))];
}
