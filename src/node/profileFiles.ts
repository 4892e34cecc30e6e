import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';

import { catalogueGrantsMore } from '../core/catalog/catalogueChange.ts';
import { nearest } from '../core/codexConfig/nearest.ts';
import * as problems from '../core/problems.ts';
import type { Profile } from '../core/profile/profile.ts';
import { isProfileId } from '../core/profile/profileId.ts';
import { readProfile } from '../core/profile/read.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { catalogLookup } from './catalogs/lookup.ts';
import { allowedPaths, isAllowed, refusedImages, rememberedOwn } from './allowances.ts';
import type { Locations } from './locations.ts';
import { projectProfilesFolder, pulledProfilesFolder, userProfilesFolder } from './profileFolders.ts';
import { matchProfile } from './profileMatch.ts';
import { readTextFile } from './textFile.ts';

/** A profile file, whether it can be read or not. */
export interface ProfileFile {
  readonly id: string;
  readonly path: string;
  readonly scope: 'user' | 'project';
  readonly text: string;
  /** What its user allows: the text, with what lean entries took from catalogues. */
  readonly content: string;
  readonly profile: Result<Profile>;
  /** Catalogues that its lean entries were looked up in, be they there or not. */
  readonly catalogFiles: readonly string[];
  /** It came from a registry. */
  readonly isPulled: boolean;
  /**
   * A project's, and one from a registry, only is when the user allowed exactly this content. A user's own is, until a catalogue says
   * that one of its servers gets more.
   */
  readonly allowed: boolean;
  /** Servers that get nothing of what was granted, since their image changed: the user has to allow the profile again. */
  readonly changedImages: readonly string[];
}

type Scope = ProfileFile['scope'] | 'pulled';

/** A profile file that nobody read yet. `pulled` lies among the user's own. */
export interface FoundProfile {
  readonly id: string;
  readonly path: string;
  readonly scope: Scope;
}

type Place = readonly [folder: string, scope: Scope];

/** The user's profiles, those that were pulled, then those of one project folder, each by id. */
export async function listProfiles(locations: Locations, folder: string | null): Promise<readonly ProfileFile[]> {
  const user = userPlaces(locations);
  const places: readonly Place[] = folder === null ? user : [...user, [join(folder, projectProfilesFolder), 'project']];
  const found = firstOfEach(await findAll(places));
  return Promise.all(found.map(({ path, scope }) => loadProfileFile(locations, path, scope)));
}

/** The user's profiles, then those that `findProfile` finds from `cwd`: of two projects' profiles with one id the nearer. */
export async function listProfilesFrom(locations: Locations, cwd: string): Promise<readonly ProfileFile[]> {
  return Promise.all((await profilePathsFrom(locations, cwd)).map(({ path, scope }) => loadProfileFile(locations, path, scope)));
}

/** The files of `listProfilesFrom`, unread. */
export async function profilePathsFrom(locations: Locations, cwd: string): Promise<readonly FoundProfile[]> {
  return firstOfEach(await findAll(candidateFolders(locations, cwd)));
}

/** Without those that nobody gets who names their id. */
function firstOfEach(files: readonly FoundProfile[]): readonly FoundProfile[] {
  const kind = ({ scope }: FoundProfile): ProfileFile['scope'] => (scope === 'project' ? 'project' : 'user');
  return files.filter((file, index) => files.findIndex((other) => other.id === file.id && kind(other) === kind(file)) === index);
}

/** The project profiles that the user allowed, wherever they lie, as far as they are still as they were then. */
export async function allowedProfiles(locations: Locations): Promise<readonly ProfileFile[]> {
  const files = await Promise.all((await allowedPaths(locations)).map((path) => loadProfileFile(locations, path, 'project')));
  return files.filter(({ allowed }) => allowed);
}

async function findAll(places: readonly Place[]): Promise<readonly FoundProfile[]> {
  const found: FoundProfile[] = [];
  for (const [place, scope] of places) {
    const names: string[] = await readdir(place).catch(() => []);
    for (const name of names.filter(isProfileName).sort()) {
      found.push({ id: idOf(name), path: join(place, name), scope });
    }
  }
  return found;
}

const endings = ['.yaml', '.yml'];

/** Bytes: the largest profile known has a tenth of it. */
const profileLimit = 1024 ** 2;

function idOf(path: string): string {
  return basename(path, extname(path));
}

function isProfileName(name: string): boolean {
  const ending = extname(name);
  return endings.includes(ending) && isProfileId(basename(name, ending));
}

/**
 * Finds the profile that a caller in `cwd` means: by its id, else by its name, else by what Docker makes of it (`matchProfile`). The
 * user's own profiles come first in all three, so that nothing in a cloned repository takes the place of one.
 */
export async function findProfile(locations: Locations, selection: ProfileSelection, cwd: string): Promise<Result<ProfileFile>> {
  if (selection.by === 'file') {
    const path = resolve(cwd, selection.path);
    return existsSync(path)
      ? ok(await loadProfileFile(locations, path, dirname(path) === userProfilesFolder(locations) ? 'user' : 'project'))
      : fail(problems.profileNotFound(selection.path, [path]));
  }
  const { id } = selection;
  const places = candidateFolders(locations, cwd);
  for (const some of [places.slice(0, 1), places.slice(1)]) {
    const found = fileOf(id, some) ?? (await matchProfile(await findAll(some), id, profileLimit));
    if (!found.ok || found.value !== null) {
      return found.ok && found.value !== null
        ? ok(await loadProfileFile(locations, found.value.path, found.value.scope))
        : (found as Result<never>);
    }
  }
  const name = isProfileId(id) ? id : 'NAME';
  const [own = '', , project = ''] = places.map(([place]) => join(place, `${name}.yaml`));
  const files = isProfileId(id) ? [project, own] : [join(projectProfilesFolder, 'NAME.yaml'), own];
  return fail(problems.profileNotFound(id, files, nearest(id, await idsNear(locations, cwd))));
}

/** The file of exactly this id in the first of these folders that has one. */
function fileOf(id: string, places: readonly Place[]): Result<FoundProfile> | undefined {
  const paths = isProfileId(id)
    ? places.flatMap(([place, scope]) => endings.map((ending) => ({ id, path: join(place, `${id}${ending}`), scope })))
    : [];
  const found = paths.find(({ path }) => existsSync(path));
  return found && ok(found);
}

/** The files of which the first that there is would be the profile. */
export function profilePlaces(locations: Locations, selection: ProfileSelection, cwd: string): readonly string[] {
  if (selection.by === 'file') {
    return [resolve(cwd, selection.path)];
  }
  const { id } = selection;
  const folders = isProfileId(id) ? candidateFolders(locations, cwd) : [];
  return folders.flatMap(([place]) => endings.map((ending) => join(place, `${id}${ending}`)));
}

/** The same file as it is now. */
export function reloadProfile(locations: Locations, { path, scope, isPulled }: ProfileFile): Promise<ProfileFile> {
  return loadProfileFile(locations, path, isPulled && scope === 'user' ? 'pulled' : scope);
}

/** Ids of all profiles that could have been meant. */
async function idsNear(locations: Locations, cwd: string): Promise<readonly string[]> {
  const places = candidateFolders(locations, cwd).map(([place]) => place);
  const names = await Promise.all(places.map((place) => readdir(place).catch(() => [])));
  return names.flat().filter(isProfileName).map(idOf);
}

function userPlaces(locations: Locations): readonly Place[] {
  return [
    [userProfilesFolder(locations), 'user'],
    [pulledProfilesFolder(locations), 'pulled'],
  ];
}

/** The user's folders, then `.codex/profiles` from `cwd` up to the root. */
function candidateFolders(locations: Locations, cwd: string): readonly Place[] {
  const folders: Place[] = [...userPlaces(locations)];
  for (let at = resolve(cwd); ; at = dirname(at)) {
    folders.push([join(at, projectProfilesFolder), 'project']);
    if (dirname(at) === at) {
      return folders;
    }
  }
}

/** Reads a profile file of one place. */
export async function loadProfileFile(locations: Locations, path: string, place: Scope): Promise<ProfileFile> {
  const id = idOf(path);
  const isPulled = place === 'pulled' || dirname(path) === pulledProfilesFolder(locations);
  const scope = place === 'pulled' ? 'user' : place;
  const read = await readTextFile(path, profileLimit);
  if (!read.ok) {
    return { id, path, scope, isPulled, text: '', content: '', profile: read, catalogFiles: [], allowed: false, changedImages: [] };
  }
  const { text } = read.value;
  const { profile, catalogFiles } = parsed(locations, text, path);
  const content = contentOf(text, profile);
  const allowed = await (place === 'user' ? isOwnAllowed(locations, path, text, profile) : isAllowed(locations, path, content));
  const changedImages = allowed && profile.ok ? await refusedImages(locations, path, profile.value) : [];
  return { id, path, scope, isPulled, text, content, profile, catalogFiles, allowed, changedImages };
}

/** Of a profile of the user's own only what catalogues say of its lean entries needs allowing; seen for the first time it is. */
async function isOwnAllowed(locations: Locations, path: string, text: string, profile: Result<Profile>): Promise<boolean> {
  if (!profile.ok || profile.value.lookedUp.length === 0) {
    return true;
  }
  const before = await rememberedOwn(locations, path);
  if (before === undefined || before.content === contentOf(text, profile)) {
    return true;
  }
  const [textBefore = '', lookedUp] = (before.content ?? '').split('\0');
  return lookedUp !== undefined && !catalogueGrantsMore({ text: textBefore, lookedUp: readLookedUp(lookedUp) }, { text, ...profile.value });
}

/** As `contentOf` wrote it, and its hash has proved. */
function readLookedUp(json: string): Profile['lookedUp'] {
  return JSON.parse(json) as Profile['lookedUp'];
}

/** The content that a profile of this text has now: what an allowance is for. */
export function contentOfProfile(locations: Locations, text: string, path: string): string {
  return contentOf(text, parsed(locations, text, path).profile);
}

function contentOf(text: string, profile: Result<Profile>): string {
  return profile.ok && profile.value.lookedUp.length > 0 ? `${text}\0${JSON.stringify(profile.value.lookedUp)}` : text;
}

/** What a catalogue gave, or lacked, may be another thing the next time. */
function dependsOnCatalogues(profile: Result<Profile>): boolean {
  return profile.ok ? profile.value.lookedUp.length > 0 : profile.problem.code.startsWith('WHARF_CATALOG_');
}

interface Parsed {
  readonly text: string;
  readonly profile: Result<Profile>;
  readonly catalogFiles: readonly string[];
}

const lastParsed = new Map<string, Parsed>();
const keptProfiles = 100;

/** A daemon reads the same file for every thread; what did not change is not understood anew. */
function parsed(locations: Locations, text: string, path: string): Parsed {
  const last = lastParsed.get(path);
  if (last?.text === text) {
    return last;
  }
  const catalogs = catalogLookup(locations);
  const profile = readProfile(text, path, catalogs);
  const read = { text, profile, catalogFiles: catalogs.watchedFiles() };
  if (dependsOnCatalogues(profile)) {
    return read;
  }
  if (lastParsed.size >= keptProfiles) {
    lastParsed.clear();
  }
  lastParsed.set(path, read);
  return read;
}
