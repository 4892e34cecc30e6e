import * as problems from '../../core/problems.ts';
import type { Drift } from '../../core/lock/drift.ts';
import { driftProblem } from '../../core/lock/words.ts';
import { commandName, type ServedProfile } from '../../core/profile/grants.ts';
import type { Profile } from '../../core/profile/profile.ts';
import { hiddenTextFindings } from '../../core/scan/guard/findings.ts';
import { shadowedTools } from '../../core/scan/guard/shadowedTools.ts';
import { isOffered } from '../../core/tools/toolChoice.ts';
import type { Problem } from '../../shared/problem.ts';
import type { KnownServer } from '../lists/knownLists.ts';
import type { ServerLists } from '../lists/serverLists.ts';

/** Of each kind, of one server. */
const mostOfOneKind = 20;

type Known = readonly {
  readonly server: string;
  readonly known: KnownServer;
  /** How it differs from the profile's lock, which then counts in place of what was known before; null where there is none. */
  readonly drift?: readonly Drift[] | null;
}[];

/** What in the lists of a profile's servers may be meant to lead a model astray, by server. Only what differs from a lock is kept from clients, and not here. */
export function listWarnings(profile: Profile | ServedProfile, known: Known): ReadonlyMap<string, readonly Problem[]> {
  const shadows = shadowProblems(profile, known);
  return new Map(
    known.map(({ server, known: { lists, changes }, drift = null }) => [
      server,
      [
        ...(lists === null ? [] : hiddenProblems(profile.id, server, lists)),
        ...(drift === null
          ? changes.slice(0, mostOfOneKind).map(({ tool }) => problems.toolChanged(profile.id, server, tool))
          : drift.slice(0, mostOfOneKind).map((one) => driftProblem(one, 'origin' in profile ? commandName(profile) : profile.id))),
        ...(shadows.get(server) ?? []),
      ],
    ]),
  );
}

/** Lists are looked at once: they are asked for again whenever somebody looks at a profile. */
const looked = new WeakMap<ServerLists, readonly { readonly part: string; readonly what: string }[]>();

function hiddenProblems(profile: string, server: string, lists: ServerLists): readonly Problem[] {
  let found = looked.get(lists);
  if (found === undefined) {
    const { tools, prompts, resources, templates, instructions } = lists;
    const parts = [
      ...(instructions === undefined ? [] : [['instructions', instructions] as const]),
      ...tools.map((tool) => [`tool "${tool.name}"`, tool] as const),
      ...prompts.map((prompt) => [`prompt "${prompt.name}"`, prompt] as const),
      ...resources.map((resource) => [`resource "${resource.uri}"`, resource] as const),
      ...templates.map((template) => [`resource "${template.uriTemplate}"`, template] as const),
    ];
    found = parts
      .flatMap(([part, value]) =>
        hiddenTextFindings(value, 'list')
          .slice(0, 1)
          .map((one) => ({ part, one })),
      )
      .slice(0, mostOfOneKind)
      .map(({ part, one }) => ({ part, what: `${one.title}, ${one.preview}${one.pointer === '' ? '' : ` at ${one.pointer}`}` }));
    looked.set(lists, found);
  }
  return found.map(({ part, what }) => problems.hiddenText(profile, server, part, what));
}

interface Shadows {
  readonly lists: readonly (ServerLists | null)[];
  readonly found: ReadonlyMap<string, readonly Problem[]>;
}

const mostProfiles = 50;
const shadows = new Map<string, Shadows>();

function shadowProblems(profile: Profile, known: Known): Shadows['found'] {
  const key = JSON.stringify([profile.id, profile.toolNames, profile.servers.map(({ name, tools }) => [name, tools])]);
  const lists = known.map((one) => one.known.lists);
  const before = shadows.get(key);
  if (before?.lists.length === lists.length && before.lists.every((one, index) => one === lists[index])) {
    return before.found;
  }
  const found = findShadows(profile, known);
  const [oldest] = shadows.keys();
  if (shadows.size >= mostProfiles && oldest !== undefined) {
    shadows.delete(oldest);
  }
  shadows.set(key, { lists, found });
  return found;
}

function findShadows(profile: Profile, known: Known): Shadows['found'] {
  const offered = known.map(({ server, known: { lists } }) => {
    const chosen = profile.servers.find(({ name }) => name === server)?.tools ?? null;
    return { server, tools: (lists?.tools ?? []).filter(({ name }) => isOffered({ server, chosen }, name, undefined)) };
  });
  // With the server's name in front no tool can be taken for another.
  const shadowed = shadowedTools(offered).filter(({ how }) => !(how === 'sameName' && profile.toolNames === 'prefix'));
  // Two copies of one server have all their tools in common: that is one thing to say.
  const pairs = new Map<string, typeof shadowed>();
  for (const one of shadowed) {
    const key = JSON.stringify([one.server, one.shadows.server, one.how]);
    pairs.set(key, [...(pairs.get(key) ?? []), one]);
  }
  const found = new Map<string, Problem[]>();
  for (const same of pairs.values()) {
    const [{ server, shadows: other, how } = {}] = same;
    const its = found.get(server ?? '') ?? [];
    if (server !== undefined && other !== undefined && how !== undefined && its.length < mostOfOneKind) {
      const tools = [...new Set(same.map(({ tool }) => tool))];
      const what = `${same.length === 1 ? `"${other.tool}"` : 'tools'} of "${other.server}"`;
      found.set(server, [...its, problems.toolShadowed(profile.id, tools, server, what, how)]);
    }
  }
  return found;
}
