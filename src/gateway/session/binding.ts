import type { ProfileServer } from '../../core/profile/profile.ts';
import type { Problem } from '../../shared/problem.ts';
import type { ServerState } from '../../shared/servers.ts';
import type { Instance } from '../instances/instance.ts';
import type { ServerLists } from '../lists/serverLists.ts';

/** One server of the profile, as one session uses it. */
export interface Binding {
  server: ProfileServer;
  listKey: string;
  instance: Instance | undefined;
  attaching: Promise<Instance> | undefined;
  imageId: string | null;
  /** The last answer was of another image. */
  isStale: boolean;
  /** What it said to this client before the client's traits, or its entry in the profile, changed, until it says something new. */
  lastLists: ServerLists | null;
  /** Its entry in the profile changed: it is not the server of before. */
  readonly isReplacement: boolean;
  failure: Problem | null;
  /** Why the lock of the profile lets it not run. */
  refusal: Problem | null;
}

export function newBinding(server: ProfileServer, listKey: string): Binding {
  return {
    server,
    listKey,
    instance: undefined,
    attaching: undefined,
    imageId: null,
    isStale: false,
    lastLists: null,
    isReplacement: false,
    failure: null,
    refusal: null,
  };
}

/** From now on it is found anew, under another key. Gives the copy that was used. */
export function rebind(binding: Binding, listKey: string, lastLists: ServerLists | null): Instance | undefined {
  const { instance } = binding;
  binding.listKey = listKey;
  binding.lastLists = lastLists;
  binding.instance = undefined;
  binding.attaching = undefined;
  return instance;
}

/** A copy that stands still after a failure has failed, as far as this session can see. */
export function stateOf({ instance, failure }: Binding): ServerState {
  const state = instance?.state ?? { kind: 'stopped' };
  return state.kind === 'stopped' && failure !== null ? { kind: 'failed', problem: failure } : state;
}
