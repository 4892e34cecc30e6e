import { nearest } from '../codexConfig/nearest.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import * as problems from '../problems.ts';
import { anyCatalogue } from './anyCatalogue.ts';
import { changeText, type Change } from './changes.ts';
import { indexOf } from './editServers.ts';
import { readProfile } from './read.ts';

/** What shall become of the tools of one server. */
export interface ToolWish {
  readonly server: string;
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  /** Before the single ones. */
  readonly all: 'enable' | 'disable' | null;
}

export interface ToolPlan {
  /** The list as it will be; null is all of them. */
  readonly after: readonly string[] | null;
  readonly enabled: readonly string[];
  readonly disabled: readonly string[];
  /** False where all tools are offered before or after, and nobody knows which these are. */
  readonly isCounted: boolean;
}

/**
 * What a server's list of tools becomes. `before` is null where all are offered: then one that is enabled changes nothing, and one
 * that is disabled leaves all the others, which `known` names. A name that the server does not have is refused.
 */
export function planTools(
  { server, enable, disable, all }: ToolWish,
  before: readonly string[] | null,
  known: readonly string[] | null,
): Result<ToolPlan> {
  const missing = known === null ? undefined : [...enable, ...disable].find((name) => !known.includes(name) && !before?.includes(name));
  if (known !== null && missing !== undefined) {
    return fail(problems.toolNotOffered('the command', missing, server, known, nearest(missing, known)));
  }
  const start = all === 'enable' ? null : all === 'disable' ? [] : before;
  if (start === null && disable.length > 0 && known === null) {
    return fail(problems.toolsNotKnown(server));
  }
  const offered = start ?? (disable.length > 0 ? (known ?? []) : null);
  const after = offered === null ? null : [...offered, ...enable.filter((name) => !offered.includes(name))].filter(kept(disable));
  const [was, is] = [before ?? known ?? [], after ?? known ?? []];
  const isCounted = known !== null || (before === null) === (after === null);
  return ok({
    after: after === null ? null : [...new Set(after)],
    enabled: isCounted ? is.filter((name) => !was.includes(name)) : [],
    disabled: isCounted ? was.filter((name) => !is.includes(name)) : [],
    isCounted,
  });
}

function kept(disable: readonly string[]): (name: string) => boolean {
  return (name) => !disable.includes(name);
}

/** Whether the names of a wish have to be known to carry it out. */
export function needsNames({ enable, disable }: ToolWish): boolean {
  return enable.length + disable.length > 0;
}

/** The text of a profile in which a server offers exactly these tools; null is all of them. `file` is only for messages. */
export function setTools(text: string, server: string, tools: readonly string[] | null, file: string): Result<string> {
  const profile = readProfile(text, file, anyCatalogue);
  const index = profile.ok ? indexOf(profile.value, server, file) : profile;
  if (!profile.ok || !index.ok) {
    return index as Result<never>;
  }
  const before = profile.value.servers[index.value]?.tools ?? null;
  const path = ['servers', index.value, 'tools'] as const;
  const whole: readonly Change[] =
    tools === null
      ? before === null
        ? []
        : [{ kind: 'remove', path }]
      : [{ kind: 'set', path, value: tools, before: ['catalog_ref', 'catalogRef', 'snapshot', 'wharf'] }];
  // One by one, so that the comments beside those that stay are not lost.
  const next = (tools !== null && before !== null && changeText(text, oneByOne(path, before, tools))) || changeText(text, whole);
  return next === undefined ? fail(problems.profileNotEdited(file, server, `tools: ${JSON.stringify(tools)}`)) : ok(next);
}

function oneByOne(path: readonly (string | number)[], before: readonly string[], after: readonly string[]): readonly Change[] {
  const gone = before.flatMap((name, index) => (after.includes(name) ? [] : [index]));
  return [
    ...gone.toReversed().map((index): Change => ({ kind: 'remove', path: [...path, index] })),
    ...after.filter((name) => !before.includes(name)).map((value): Change => ({ kind: 'append', path, value })),
  ];
}
