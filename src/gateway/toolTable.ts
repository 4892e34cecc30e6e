import { nameTools, type NamedTool } from '../core/tools/toolNames.ts';
import type { McpTool } from '../shared/mcp.ts';
import type { Problem } from '../shared/problem.ts';
import type { Result } from '../shared/result.ts';
import type { ServerInstance } from './instance.ts';

/** A tool that a session offers, and the server behind it. */
export interface ToolTarget {
  readonly entry: NamedTool;
  readonly listed: McpTool;
  readonly instance: ServerInstance;
}

/** What a session offers, by the names that its client sees, and why some servers are not in it. */
export interface ToolTable {
  readonly tools: ReadonlyMap<string, ToolTarget>;
  readonly failures: readonly Problem[];
}

/** Puts the servers' lists together, in the order of the profile. */
export function makeToolTable(
  lists: readonly { readonly instance: ServerInstance; readonly tools: Result<readonly McpTool[]> }[],
): ToolTable {
  const failures = lists.flatMap(({ tools }) => (tools.ok ? [] : [tools.problem]));
  const offered = lists.flatMap(({ instance, tools }) => (tools.ok ? [{ instance, tools: tools.value }] : []));
  const listed = offered.flatMap(({ instance, tools }) => tools.map((tool) => ({ instance, listed: tool })));
  const names = nameTools(offered.map(({ instance, tools }) => ({ server: instance.server.name, tools: tools.map((tool) => tool.name) })));
  const targets = names.flatMap((entry, index) => {
    const found = listed[index];
    return found === undefined ? [] : [[entry.exposed, { entry, ...found }] as const];
  });
  return { tools: new Map(targets), failures };
}
