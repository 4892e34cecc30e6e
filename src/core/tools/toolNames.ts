/** Codex puts this before every tool of the gateway's entry: `mcp__MCP_DOCKER__`; both together may have 128 characters. */
const codexPrefixLength = 'mcp__MCP_DOCKER__'.length;
const codexNameLimit = 128 - codexPrefixLength;

/** How Codex writes a tool name to the model: every other character becomes `_` (reference: codex, tool names). */
export function sanitisedToolName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_') || '_';
}

export interface NamedTool {
  /** What the client sees. */
  readonly exposed: string;
  readonly server: string;
  /** What the server calls it. */
  readonly tool: string;
}

/**
 * Gives every tool a name that is unique in Codex's eyes. The server's own name is kept
 * where it is free; a later server's tool of the same name becomes `server__tool`.
 */
export function nameTools(servers: readonly { readonly server: string; readonly tools: readonly string[] }[]): readonly NamedTool[] {
  const taken = new Set<string>();
  const named: NamedTool[] = [];
  for (const { server, tools } of servers) {
    for (const tool of tools) {
      const exposed = firstFree([tool, `${server}__${tool}`], taken);
      taken.add(sanitisedToolName(exposed));
      named.push({ exposed, server, tool });
    }
  }
  return named;
}

function firstFree(wanted: readonly string[], taken: ReadonlySet<string>): string {
  const candidates = wanted.map((name) => name.slice(0, codexNameLimit));
  const free = candidates.find((name) => !taken.has(sanitisedToolName(name)));
  if (free !== undefined) {
    return free;
  }
  const base = (candidates.at(-1) ?? '').slice(0, codexNameLimit - 4);
  for (let number = 2; ; number++) {
    const name = `${base}_${number}`;
    if (!taken.has(sanitisedToolName(name))) {
      return name;
    }
  }
}
