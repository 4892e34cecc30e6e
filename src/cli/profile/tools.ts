import { nearest } from '../../core/codexConfig/nearest.ts';
import { needsNames, planTools, setTools, type ToolPlan, type ToolWish } from '../../core/profile/editTools.ts';
import type { Profile, ProfileServer } from '../../core/profile/profile.ts';
import * as problems from '../../core/problems.ts';
import type { Locations } from '../../node/locations.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { ListFormat } from '../options.ts';
import { complain, exitCodes, note, print } from '../output.ts';
import { lookedUp, type KnownTools } from './knownTools.ts';
import { listTools } from './toolList.ts';
import { finishEdit, openProfile, type Target } from './target.ts';

export interface ToolsRequest {
  readonly given: string;
  /** `server.tool`, as the other two. */
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  /** Names of servers, as the other one. */
  readonly enableAll: readonly string[];
  readonly disableAll: readonly string[];
  readonly format: ListFormat;
  readonly dryRun: boolean;
}

/** `wharf profile tools`: which tools of which servers a profile offers. */
export async function chooseTools(locations: Locations, request: ToolsRequest, knownTools: KnownTools): Promise<number> {
  const target = await openProfile(locations, request.given);
  if (!target.ok) {
    return complain(target.problem);
  }
  const { file, profile } = target.value;
  const { enable, disable, enableAll, disableAll } = request;
  if ([enable, disable, enableAll, disableAll].every((list) => list.length === 0)) {
    await listTools(target.value, request.format, knownTools);
    return exitCodes.ok;
  }
  const wishes = wishesOf(request, profile, file.path);
  if (!wishes.ok) {
    return complain(wishes.problem);
  }
  const plans: {
    readonly server: ProfileServer;
    readonly wish: ToolWish;
    readonly plan: ToolPlan;
    readonly known: readonly string[] | null;
  }[] = [];
  for (const { server, wish } of wishes.value) {
    const known = await namesFor(target.value, server, wish, knownTools);
    const plan = planTools(wish, server.tools, known);
    if (!plan.ok) {
      return complain(plan.problem);
    }
    plans.push({ server, wish, plan: plan.value, known });
  }
  const text = plans.reduce<Result<string>>(
    (now, { server, plan }) =>
      now.ok && isOther(server.tools, plan.after) ? setTools(now.value, server.name, plan.after, file.path) : now,
    ok(file.text),
  );
  const written = text.ok ? await finishEdit(locations, file, text.value, request.dryRun) : text;
  if (!written.ok) {
    return complain(written.problem);
  }
  if (!request.dryRun) {
    const count = (key: 'enabled' | 'disabled'): number => plans.reduce((sum, { plan }) => sum + plan[key].length, 0);
    const isCounted = plans.every(({ plan }) => plan.isCounted);
    const counts = isCounted ? `: ${count('enabled')} tool(s) enabled, ${count('disabled')} tool(s) disabled` : '';
    print(`Updated profile ${file.id}${counts}`);
  }
  plans.forEach(({ server, wish, plan, known }) => say(server, wish, plan, known));
  return exitCodes.ok;
}

function isOther(before: readonly string[] | null, after: readonly string[] | null): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

function say(
  { name, tools }: ProfileServer,
  wish: ToolWish,
  { after, enabled, disabled }: ToolPlan,
  known: readonly string[] | null,
): void {
  const all = known === null ? '' : ` of ${known.length}`;
  const offers = after === null ? 'all its tools' : after.length === 0 ? 'none of its tools' : `${after.length}${all}: ${after.join(', ')}`;
  const changes = [...enabled.map((tool) => `+${tool}`), ...disabled.map((tool) => `-${tool}`)];
  print(`  ${name} offers ${offers}${changes.length === 0 || changes.length > 12 ? '' : ` (${changes.join(' ')})`}`);
  if (tools === null && wish.all === null && wish.enable.length > 0 && wish.disable.length === 0) {
    // Docker's command would leave this tool alone.
    const words = wish.enable.map((tool) => `--enable ${name}.${tool}`).join(' ');
    note(`wharf: All tools of ${name} were enabled already. To offer only these: --disable-all ${name} ${words}`);
  }
}

interface ServerWish {
  readonly server: ProfileServer;
  readonly wish: ToolWish;
}

/** What was asked for, by server. */
function wishesOf(
  { enable, disable, enableAll, disableAll }: ToolsRequest,
  { servers }: Profile,
  file: string,
): Result<readonly ServerWish[]> {
  const names = servers.map(({ name }) => name);
  const split = (given: string): Result<readonly [string, string]> => {
    const server = names.filter((name) => given.startsWith(`${name}.`)).toSorted((a, b) => b.length - a.length)[0];
    const [said = ''] = given.split('.');
    return server !== undefined && given.length > server.length + 1
      ? ok([server, given.slice(server.length + 1)])
      : fail(
          names.includes(said) || !given.includes('.')
            ? problems.badArgument('A tool is named as SERVER.TOOL.', 'wharf profile tools')
            : problems.serverNotInProfile(said, names, file),
        );
  };
  const wishes = new Map<string, { enable: string[]; disable: string[]; all: ToolWish['all'] }>();
  const wishOf = (server: string): { enable: string[]; disable: string[]; all: ToolWish['all'] } => {
    const wish = wishes.get(server) ?? { enable: [], disable: [], all: null };
    wishes.set(server, wish);
    return wish;
  };
  for (const [list, key] of [[enable, 'enable'] as const, [disable, 'disable'] as const]) {
    for (const given of list) {
      const parts = split(given);
      if (!parts.ok) {
        return parts;
      }
      wishOf(parts.value[0])[key].push(parts.value[1]);
    }
  }
  for (const [list, all] of [[enableAll, 'enable'] as const, [disableAll, 'disable'] as const]) {
    for (const name of list) {
      const wish = wishOf(name);
      if (!names.includes(name)) {
        const meant = nearest(name, names);
        return fail(problems.serverNotInProfile(name, meant === undefined ? names : [meant], file));
      }
      if (wish.all !== null && wish.all !== all) {
        return fail(problems.badArgument(`All tools of "${name}" cannot be enabled and disabled at once.`, 'wharf profile tools'));
      }
      wish.all = all;
    }
  }
  return ok(servers.flatMap((server) => wishFor(server, wishes.get(server.name))));
}

function wishFor(server: ProfileServer, wish: Omit<ToolWish, 'server'> | undefined): readonly ServerWish[] {
  return wish === undefined ? [] : [{ server, wish: { ...wish, server: server.name } }];
}

/** What the catalogue promises is enough where it has every name that is wanted; else what the server said itself counts. */
async function namesFor(target: Target, server: ProfileServer, wish: ToolWish, knownTools: KnownTools): Promise<readonly string[] | null> {
  const promised = server.promisedTools.map(({ name }) => name);
  const wanted = [...wish.enable, ...wish.disable];
  const strange = wanted.filter((name) => !promised.includes(name) && server.tools?.includes(name) !== true);
  // A name that is nearly a promised one is misspelt: no server is started to find that out.
  const isEnough = promised.length > 0 && strange.every((name) => nearest(name, promised) !== undefined);
  if (!needsNames(wish)) {
    return lookedUp(target, server, knownTools);
  }
  if (isEnough) {
    return promised;
  }
  return (await knownTools(target, server.name, 'start')) ?? (promised.length > 0 ? promised : null);
}
