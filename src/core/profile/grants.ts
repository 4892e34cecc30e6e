import type { Problem } from '../../shared/problem.ts';
import type { ProfileLock } from '../lock/lock.ts';
import { defaultLimits } from '../container/spec.ts';
import type { ImageServer, OutputPolicy, PociServer, Profile, ProfileServer } from './profile.ts';

/** A profile with where it came from: what a file of a project asks for, the user granted or it is not given. */
export interface ServedProfile extends Profile {
  readonly origin: ProfileOrigin;
  /** Why the policy files, as they are now, do not let a server run; undefined where they do. */
  readonly whyUnapproved?: (server: string) => Promise<Problem | undefined>;
  /** Names of servers of which a catalogue says what they are, and may say something else. */
  readonly leanServers?: readonly string[];
  /** What was accepted of its servers; absent where nothing is compared with it. */
  readonly lock?: LockView;
}

/** A lock that may be written anew while its profile is served. Null where there is none. */
export interface LockView {
  readonly current: ProfileLock | null;
}

/** How a command takes a profile: another one of the same id may hide a project's. */
export function commandName({ id, origin }: Pick<ServedProfile, 'id' | 'origin'>): string {
  return origin.scope === 'user' ? id : origin.path;
}

export interface ProfileOrigin {
  readonly path: string;
  readonly scope: 'user' | 'project';
}

/** Whether a server gets something that its user granted to it and to its image alone (DESIGN §5). */
export function needsGrant(server: ProfileServer): server is ImageServer | PociServer {
  if (server.kind !== 'image' && server.kind !== 'poci') {
    return false;
  }
  const { mounts, volumes, tmpfs, exec, writable, capAdd, user, shm } = server.isolation;
  const isRelaxed = [mounts, volumes, tmpfs, exec, capAdd].some((list) => list.length > 0) || writable || user !== null || shm !== null;
  const isWider = server.network.kind === 'learn' || (server.network.kind === 'open' && server.network.isChosen);
  const isHeard = [server.output.policy, ...Object.values(server.output.tools)].some(isLoose) || server.output.allow.length > 0;
  const isLarger = raisedLimits(server).length > 0;
  return server.secrets.length > 0 || isLarger || isRelaxed || isWider || isHeard || server.network.kind === 'declared';
}

/** The images that a server is granted something for, each under the name by which that is kept. */
export function imagesOf(server: ProfileServer): readonly { readonly name: string; readonly image: string }[] {
  switch (server.kind) {
    case 'image':
      return [{ name: server.name, image: server.image }];
    case 'poci':
      return server.toolContainers.map(({ tool, image }) => ({ name: toolServerName(server.name, tool), image }));
    default:
      return [];
  }
}

/** What a tool that is a container of its own is called as a server. */
export function toolServerName(server: string, tool: string): string {
  return `${server}/${tool}`;
}

/** Limits above those that every server gets. */
export function raisedLimits({ limits: { cpus, memory } }: Pick<ImageServer, 'limits'>): readonly ('cpus' | 'memory')[] {
  return [
    ...(cpus !== undefined && cpus > defaultLimits.cpus ? (['cpus'] as const) : []),
    ...(memory !== undefined && memory > defaultLimits.memory ? (['memory'] as const) : []),
  ];
}

/** Whether secrets in what a server says reach the model. */
export function isLoose(policy: OutputPolicy | null): boolean {
  return policy === 'warn' || policy === 'off';
}
