import type { ProfileServer } from '../core/profile/profile.ts';
import type { McpTool } from '../shared/mcp.ts';
import type { ToolSummary } from '../shared/servers.ts';

/** What each server of each profile last said its tools are, for as long as its entry stays the same. */
export class KnownTools {
  private readonly tools = new Map<string, readonly ToolSummary[]>();
  private readonly listeners = new Set<(profile: string) => void>();

  remember(path: string, profile: string, server: ProfileServer, tools: readonly McpTool[]): void {
    this.tools.set(keyOf(path, server), tools.map(summaryOf));
    this.changed(profile);
  }

  summaries(path: string, server: ProfileServer): readonly ToolSummary[] | null {
    return this.tools.get(keyOf(path, server)) ?? null;
  }

  /** Tells the listeners that something they show of this profile changed. */
  changed(profile: string): void {
    for (const listener of this.listeners) {
      listener(profile);
    }
  }

  /** Returns a function that stops listening. */
  follow(listener: (profile: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

function keyOf(path: string, server: ProfileServer): string {
  const { line: _line, tools: _tools, ...entry } = server;
  return JSON.stringify([path, entry]);
}

function summaryOf(tool: McpTool): ToolSummary {
  const title = tool.title ?? tool.annotations?.['title'];
  const readOnly = tool.annotations?.['readOnlyHint'];
  return {
    name: tool.name,
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof tool.description === 'string' ? { description: tool.description } : {}),
    readOnly: typeof readOnly === 'boolean' ? readOnly : null,
  };
}
