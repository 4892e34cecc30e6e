import type { McpTool } from '../../shared/mcp.ts';
import type { ToolSummary } from '../../shared/servers.ts';

/** What lists of tools show of each. */
export function summariesOf(tools: readonly McpTool[]): readonly ToolSummary[] {
  return tools.map((tool) => {
    const title = tool.title ?? tool.annotations?.['title'];
    const readOnly = tool.annotations?.['readOnlyHint'];
    return {
      name: tool.name,
      ...(typeof title === 'string' ? { title } : {}),
      ...(typeof tool.description === 'string' ? { description: tool.description } : {}),
      readOnly: typeof readOnly === 'boolean' ? readOnly : null,
    };
  });
}
