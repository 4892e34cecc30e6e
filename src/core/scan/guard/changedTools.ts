import type { McpTool } from '../../../shared/mcp.ts';
import type { Sha256 } from '../allowance.ts';

/** What of a tool a model reads, in one form whatever the order of its members: what a lock keeps a hash of. */
export function toolHash(tool: McpTool, sha256: Sha256): string {
  const { name, title, description, inputSchema, annotations } = tool;
  return sha256(JSON.stringify(sorted({ name, title, description, inputSchema, outputSchema: tool['outputSchema'], annotations })));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

/** A tool that is not what it was when its user accepted it. */
export interface ChangedTool {
  readonly tool: string;
  readonly change: 'changed' | 'added';
}

/** Compares tools with the hashes by name that are known. Nothing is known of a server that was never accepted: then there is no change. */
export function changedTools(known: ReadonlyMap<string, string> | null, tools: readonly McpTool[], sha256: Sha256): readonly ChangedTool[] {
  return tools.flatMap((tool) => {
    const hash = known?.get(tool.name);
    const change = known === null || hash === toolHash(tool, sha256) ? undefined : hash === undefined ? 'added' : 'changed';
    return change === undefined ? [] : [{ tool: tool.name, change } as const];
  });
}
