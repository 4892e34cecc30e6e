import type { McpTool } from '../../../shared/mcp.ts';
import { definitionHash } from '../../lock/definition.ts';
import type { Sha256 } from '../allowance.ts';

/** A tool that is not what it was when its user accepted it. */
export interface ChangedTool {
  readonly tool: string;
  readonly change: 'changed' | 'added';
}

/** Compares tools with the hashes by name that are known. Nothing is known of a server that was never accepted: then there is no change. */
export function changedTools(known: ReadonlyMap<string, string> | null, tools: readonly McpTool[], sha256: Sha256): readonly ChangedTool[] {
  return tools.flatMap((tool) => {
    const hash = known?.get(tool.name);
    const change = known === null || hash === definitionHash(tool, sha256) ? undefined : hash === undefined ? 'added' : 'changed';
    return change === undefined ? [] : [{ tool: tool.name, change } as const];
  });
}
