import { basename, join, resolve } from 'node:path';

import { literalSecrets } from '../../core/profile/literalSecrets.ts';
import { isLoose } from '../../core/profile/grants.ts';
import { grantsOf } from '../../core/profile/grantWords.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { isProfileId } from '../../core/profile/profileId.ts';
import { profileYaml } from '../../core/profile/profileJson.ts';
import { readProfile } from '../../core/profile/read.ts';
import { withoutSecrets } from '../../core/scan/withoutSecrets.ts';
import * as problems from '../../core/problems.ts';
import { catalogLookup } from '../../node/catalogs/lookup.ts';
import type { Locations } from '../../node/locations.ts';
import { profilePathsFrom } from '../../node/profileFiles.ts';
import { userProfilesFolder } from '../../node/profileFolders.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { readTextFile, replaceTextFile } from '../../node/textFile.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { visibleText } from '../../shared/visibleText.ts';
import { ask } from '../ask.ts';
import { grantLines, legendOf } from '../grants.ts';
import { complain, exitCodes, note, print, printFile } from '../output.ts';
import { printDifference } from './target.ts';

export interface ImportRequest {
  readonly path: string;
  /** Another profile of this id is replaced without a question. */
  readonly replace: boolean;
  /** What no container holds is taken without a question. */
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** Bytes: as many as a profile may have. */
const profileLimit = 1024 ** 2;

/** `wharf profile import`: a profile in a file becomes the user's own, under its id. */
export async function importProfile(locations: Locations, request: ImportRequest): Promise<number> {
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
  const isOther = before.value.hash !== null && before.value.text !== text;
  if (request.dryRun) {
    if (isOther) {
      printDifference(before.value.text, text);
    } else {
      printFile(text);
    }
    note(`wharf: Nothing was written to ${target}.`);
    return exitCodes.ok;
  }
  const consent = await consents(request, profile, { id, target, isOther, before: before.value.text, text });
  if (typeof consent === 'number') {
    return consent;
  }
  const written = before.value.text === text ? ok(null) : await replaceTextFile(before.value, text, join(locations.dataFolder, 'backups'));
  if (!written.ok) {
    return complain(written.problem);
  }
  print(`Imported profile ${id}`);
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
  readonly id: string;
  readonly target: string;
  readonly isOther: boolean;
  readonly before: string;
  readonly text: string;
}

/** True, or the exit code of a command that did nothing: a file grants nothing that its user did not see. */
async function consents(request: ImportRequest, profile: Profile, { id, target, isOther, before, text }: Consent): Promise<true | number> {
  const scanner = nodeScanner();
  const lines = grantLines(profile).map((line) => withoutSecrets(line, scanner));
  const asksForLoose = goesBeyondDocker(profile) && !request.yes;
  const asksToReplace = isOther && !request.replace;
  if (asksToReplace && !process.stdin.isTTY) {
    return complain(problems.importTaken(id, target));
  }
  if (asksForLoose && !process.stdin.isTTY) {
    return complain(problems.importConsent(request.path, [...lines, ...legendOf(lines)].join('\n')));
  }
  if (asksForLoose) {
    [...lines, ...legendOf(lines)].forEach(print);
  }
  if (asksToReplace) {
    printDifference(before, text);
  }
  if ((asksForLoose || asksToReplace) && !(await ask(asksToReplace ? `Replace ${target}?` : 'Import it?'))) {
    print('Nothing was written.');
    return exitCodes.problems;
  }
  return true;
}

/** Whether it runs something outside any container, or weakens what holds a server: an export of Docker's can say neither. */
function goesBeyondDocker({ servers, output }: Profile): boolean {
  return (
    isLoose(output) ||
    servers.some((server) => {
      const isChosen = server.kind === 'image' && server.network.kind === 'open' && server.network.isChosen;
      return server.kind === 'native' || isChosen || grantsOf(server).some(({ kind, isWide }) => isWide && kind !== 'network');
    })
  );
}
