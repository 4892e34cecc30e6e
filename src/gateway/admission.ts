import { dirname, join, resolve } from 'node:path';

import type { Profile } from '../core/profile/profile.ts';
import * as problems from '../core/problems.ts';
import { mayHaveGranted } from '../core/tools/toolGrants.ts';
import { hashOf, rememberOwn } from '../node/allowances.ts';
import { unapprovedServers } from '../node/catalogs/approved.ts';
import type { Locations } from '../node/locations.ts';
import { catalogProfile } from '../node/catalogProfile.ts';
import { findProfile, type ProfileFile } from '../node/profileFiles.ts';
import { projectProfilesFolder } from '../node/profileFolders.ts';
import { startupPatienceMs } from '../node/startupPatience.ts';
import type { CallSummary } from '../shared/calls.ts';
import type { SessionSelection } from '../shared/controlProtocol.ts';
import type { GatewaySettings } from '../shared/gatewaySettings.ts';
import type { Problem } from '../shared/problem.ts';
import { ok, type Result } from '../shared/result.ts';
import type { CallInterceptors } from './interceptors/interceptors.ts';
import { noLock, type ProfileLocks } from './locks/profileLocks.ts';
import type { SessionChoice } from './session/session.ts';

/** What a client asks for when it comes. */
export interface SessionWish {
  readonly profile: SessionSelection;
  /** The client's working folder. */
  readonly cwd: string;
  readonly settings: GatewaySettings;
  /** Another gateway served this client before. */
  readonly resumed?: boolean;
  /** Is told at once why this client gets no tools; the client itself hears it with its first request. */
  readonly refused?: (problem: Problem) => void;
  /** What the client's token lets it use of the profile (src/core/tools/toolGrants.ts); everything where it is not given. */
  readonly granted?: readonly string[];
  /** Is told of each call of this client that ended. */
  readonly called?: (call: CallSummary) => void;
}

export interface AdmissionParts {
  readonly locations: Locations;
  /** What was accepted of each profile; without it whatever servers have is served. */
  readonly locks: ProfileLocks | undefined;
  /** Makes what the client's settings put between it and its servers. */
  readonly interceptors: (settings: GatewaySettings, profile: string, cwd: string) => Result<CallInterceptors>;
}

/** What became of a client's wish. */
export interface Admission {
  /** The file that it means; null where there is none. */
  readonly file: ProfileFile | null;
  readonly choice: SessionChoice;
}

/** Finds the profile that a client asks for, and proves that its user allowed exactly this content. */
export async function admit(wish: SessionWish, parts: AdmissionParts): Promise<Admission> {
  const found = await findWished(parts.locations, wish);
  return found.ok
    ? { file: found.value, choice: await admitFile(found.value, wish, parts) }
    : { file: null, choice: { kind: 'refused', problem: found.problem } };
}

/** The file that a client means, or servers of catalogues as if they were one. */
async function findWished(locations: Locations, { profile, cwd }: SessionWish): Promise<Result<ProfileFile>> {
  return profile.by === 'servers' ? await catalogProfile(locations, profile, cwd) : await findProfile(locations, profile, cwd);
}

/** The same for the file that a client means. */
export async function admitFile(file: ProfileFile, wish: SessionWish, parts: AdmissionParts): Promise<SessionChoice> {
  const { locations, locks, interceptors } = parts;
  const { profile: selection, cwd, settings, resumed = false, granted, called } = wish;
  if (!file.profile.ok) {
    return { kind: 'refused', problem: file.profile.problem };
  }
  if (!isAdmitted(file, settings.trustProfile)) {
    return { kind: 'refused', problem: problems.profileNotAllowed(file.path, file.id, file.isPulled, file.scope === 'user') };
  }
  const made = interceptors(settings, file.id, cwd);
  if (!made.ok) {
    return { kind: 'refused', problem: made.problem };
  }
  const patience = (): Promise<number> => startupPatienceMs(file, selection, cwd);
  const read = file.profile.value;
  const servers = read.servers.filter(({ name }) => mayHaveGranted(name, granted));
  // Somebody else's profile shares no running copy with the user's own, which may hold what was granted to those alone.
  const scope = file.isPulled ? 'project' : file.scope;
  const lock = locks === undefined ? ok(noLock) : await locks.forSession(file, read, settings);
  if (!lock.ok) {
    return { kind: 'refused', problem: lock.problem };
  }
  const approval = await unapprovedServers(locations, file.text);
  if (!approval.ok) {
    return { kind: 'refused', problem: approval.problem };
  }
  const whyUnapproved = (server: string): Promise<Problem | undefined> => whyUnapprovedNow(locations, file.text, read, server);
  const isFile = selection.by !== 'servers';
  if (isFile && file.scope === 'user' && !file.isPulled && file.allowed && read.lookedUp.length > 0) {
    const remembered = await rememberOwn(locations, file.path, file.content);
    if (!remembered.ok) {
      return { kind: 'refused', problem: remembered.problem };
    }
  }
  const leanServers = isFile ? read.lookedUp.flatMap(({ index }) => read.servers[index]?.name ?? []) : [];
  const origin = { path: file.path, scope } as const;
  const profile = { ...read, id: file.id, servers, origin, lock: lock.value, whyUnapproved, leanServers };
  const workspace = workspaceOf(file, cwd);
  return { kind: 'usable', facts: { profile, settings, resumed, interceptors: made.value, workspace, patience, granted, called } };
}

/** Why the policy of the machine or the user does not let a server of a profile run. It may have changed since the client came. */
async function whyUnapprovedNow(locations: Locations, text: string, { servers }: Profile, server: string): Promise<Problem | undefined> {
  const found = await unapprovedServers(locations, text);
  return found.ok ? found.value[servers.findIndex(({ name }) => name === server)] : found.problem;
}

function isAdmitted({ allowed, content }: ProfileFile, trusted: string | undefined): boolean {
  return allowed || (trusted !== undefined && hashOf(content) === trusted.toLowerCase());
}

/**
 * The project of a project's profile is where it lies; for others it is the client's folder. A file that lies elsewhere
 * than a project's profiles do must not make the folders above it a project.
 */
function workspaceOf(file: ProfileFile, cwd: string): string {
  const project = dirname(dirname(dirname(file.path)));
  const isOfProject = file.scope === 'project' && dirname(file.path) === join(project, projectProfilesFolder);
  return isOfProject ? project : resolve(cwd);
}
