import type { FoundImage, FoundOffers, FoundServer } from '../../shared/foundServer.ts';
import type { Profile } from '../profile/profile.ts';
import type { Sha256 } from '../scan/allowance.ts';
import { nameTools } from '../tools/toolNames.ts';
import { definitionHash, definitionOf, type Definition } from './definition.ts';
import { keptNames } from './exposedNames.ts';
import type { LockedImage, LockedServer, LockedTool, ProfileLock } from './lock.ts';

interface Making {
  readonly profile: Profile;
  readonly found: readonly FoundServer[];
  /** What was accepted until now: names stay as they were assigned, and what is not known of a server stays accepted. */
  readonly before: ProfileLock | null;
  readonly sha256: Sha256;
  /** Whether a text may be written down: a lock is committed, and no secret may be in it. */
  readonly isClean: (text: string) => boolean;
}

/** The lock that accepts everything that was found. */
export function makeLock(making: Making): ProfileLock {
  const { profile, found, before } = making;
  const names = exposedNames(making);
  const servers = profile.servers.flatMap(({ name }): readonly (readonly [string, LockedServer])[] => {
    const server = found.find((one) => one.name === name);
    const old = before?.servers.get(name);
    const locked = server === undefined ? undefined : lockedServer(server, old, names, making);
    return locked === undefined ? (old === undefined ? [] : [[name, old]]) : [[name, locked]];
  });
  return { servers: new Map(servers), rest: before?.rest ?? new Map() };
}

type Names = ReadonlyMap<string, ReadonlyMap<string, string>>;

function exposedNames({ profile, found, before }: Making): Names {
  const offered = profile.servers.map(({ name: server, tools: chosen }) => {
    const offers = found.find(({ name }) => name === server)?.offers;
    const all = offers?.tools.map(({ name }) => name) ?? [...(before?.servers.get(server)?.tools.keys() ?? [])];
    return { server, tools: [...new Set(all)].filter((tool) => chosen === null || chosen.includes(tool)) };
  });
  const names = new Map<string, Map<string, string>>();
  for (const { server, tool, exposed } of nameTools(offered, profile.toolNames, keptNames(before))) {
    names.set(server, (names.get(server) ?? new Map<string, string>()).set(tool, exposed));
  }
  return names;
}

/** undefined where not enough is known of the server to accept it. */
function lockedServer(found: FoundServer, old: LockedServer | undefined, names: Names, making: Making): LockedServer | undefined {
  const image = found.image === null ? null : lockedImage(found.image);
  if (found.offers === null || image === undefined) {
    return undefined;
  }
  const { instructions } = found.offers;
  const { sha256, isClean } = making;
  return {
    image,
    instructions: instructions === undefined ? null : { sha256: sha256(instructions), text: isClean(instructions) ? instructions : null },
    tools: lockedTools(found.name, found.offers, old, names, making),
    rest: old?.rest ?? new Map(),
  };
}

function lockedTools(
  server: string,
  { tools }: FoundOffers,
  old: LockedServer | undefined,
  names: Names,
  { sha256, isClean }: Making,
): ReadonlyMap<string, LockedTool> {
  const locked = new Map<string, LockedTool>();
  for (const tool of tools) {
    const hash = definitionHash(tool, sha256);
    if (!locked.has(tool.name) && hash !== '') {
      const definition = definitionOf(tool);
      locked.set(tool.name, {
        exposed: names.get(server)?.get(tool.name) ?? null,
        sha256: hash,
        definition: isCleanDefinition(definition, isClean) ? definition : null,
        rest: old?.tools.get(tool.name)?.rest ?? new Map(),
      });
    }
  }
  return locked;
}

function isCleanDefinition(definition: Definition, isClean: (text: string) => boolean): boolean {
  return Object.values(definition).every(isClean);
}

/** By its digest where it came from a registry, since that is the same for every platform. */
function lockedImage({ reference, digests, id }: FoundImage): LockedImage | undefined {
  const [digest] = digests.toSorted();
  if (digest !== undefined) {
    return { reference, content: { kind: 'digest', sha256: digest } };
  }
  return id === null ? undefined : { reference, content: { kind: 'id', sha256: id } };
}
