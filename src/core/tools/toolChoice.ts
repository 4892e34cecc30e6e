import type { Problem } from '../../shared/problem.ts';
import { nearest } from '../codexConfig/nearest.ts';
import * as problems from '../problems.ts';

/** A server's tools, and which of them its profile chooses. */
export interface ToolsOfServer {
  readonly server: string;
  /** What "tools" of its entry names; null means all. */
  readonly chosen: readonly string[] | null;
  /** What the server has; null while that is not known. */
  readonly tools: readonly string[] | null;
}

/**
 * Whether clients see a tool. `choice` is that of `--tools`, which takes the place of the profile's, as in Docker's gateway:
 * `tool`, `server:tool`, `server:*`, `*`.
 */
export function isOffered(
  { server, chosen }: Pick<ToolsOfServer, 'server' | 'chosen'>,
  tool: string,
  choice: readonly string[] | undefined,
): boolean {
  if (choice === undefined) {
    return chosen === null || chosen.includes(tool);
  }
  const names = [tool, `${server}:${tool}`, `${server}:*`, '*'].map((name) => name.toLowerCase());
  return choice.some((one) => names.includes(one.toLowerCase()));
}

export function offeredCount(one: ToolsOfServer, choice: readonly string[] | undefined): number {
  return (one.tools ?? []).filter((tool) => isOffered(one, tool, choice)).length;
}

/**
 * A problem for each name that chooses no tool, with the nearest that does. A server of which nothing is known may have
 * every tool.
 */
export function unknownChoices(servers: readonly ToolsOfServer[], choice: readonly string[] | undefined): readonly Problem[] {
  return choice === undefined ? servers.flatMap(unknownOfProfile) : choice.flatMap((name) => unknownOfOption(servers, name));
}

function unknownOfProfile({ server, chosen, tools }: ToolsOfServer): readonly Problem[] {
  return tools === null
    ? []
    : (chosen ?? [])
        .filter((name) => !tools.includes(name))
        .map((name) => problems.toolNotOffered('"tools" of the profile', name, server, tools, nearest(name, tools)));
}

function unknownOfOption(servers: readonly ToolsOfServer[], name: string): readonly Problem[] {
  const wanted = name.toLowerCase();
  if (wanted === '*' || servers.some((one) => wanted === `${one.server}:*`.toLowerCase() || offeredCount(one, [name]) > 0)) {
    return [];
  }
  const named = servers.find(({ server }) => wanted.startsWith(`${server}:`.toLowerCase()));
  const asked = named === undefined ? servers : [named];
  if (asked.some(({ tools }) => tools === null) && (named !== undefined || !wanted.includes(':'))) {
    return [];
  }
  const known = asked.flatMap(({ server, tools }) => (wanted.includes(':') ? withServer(server, tools ?? []) : (tools ?? [])));
  return [problems.toolNotOffered('--tools', name, null, known, nearest(name, known))];
}

function withServer(server: string, tools: readonly string[]): readonly string[] {
  return tools.length === 0 ? [`${server}:*`] : tools.map((tool) => `${server}:${tool}`);
}
