import type { McpTool } from '../../shared/mcp.ts';

const booleanAnnotations = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'];

export interface RepairedTool {
  readonly tool: McpTool;
  /** What was changed, in words; empty for a sound tool. */
  readonly repairs: readonly string[];
}

/**
 * One tool without an input schema, or with an annotation of the wrong type, makes Codex
 * drop the whole server ("Unexpected response type"): it is mended instead, and reported.
 * undefined when what the server lists is no tool at all.
 */
export function repairTool(listed: unknown): RepairedTool | undefined {
  if (!isObject(listed) || typeof listed['name'] !== 'string') {
    return undefined;
  }
  const repairs: string[] = [];
  let tool = listed as unknown as McpTool;
  if (!isObject(tool.inputSchema)) {
    repairs.push('it had no input schema');
    tool = { ...tool, inputSchema: { type: 'object' } };
  }
  if (tool.annotations !== undefined && !isObject(tool.annotations)) {
    repairs.push('its annotations were no object');
    const { annotations: _dropped, ...rest } = tool;
    tool = rest as McpTool;
  }
  const wrong = booleanAnnotations.filter((key) => tool.annotations?.[key] !== undefined && typeof tool.annotations[key] !== 'boolean');
  if (wrong.length > 0) {
    repairs.push(`${wrong.join(' and ')} had to be true or false`);
    tool = { ...tool, annotations: Object.fromEntries(Object.entries(tool.annotations ?? {}).filter(([key]) => !wrong.includes(key))) };
  }
  return { tool, repairs };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
