/** Codex puts this before every tool of the gateway's entry: `mcp__MCP_DOCKER__`; both together may have 128 characters. */
const codexPrefixLength = 'mcp__MCP_DOCKER__'.length;
const codexNameLimit = 128 - codexPrefixLength;

/** How Codex writes a tool name to the model: every other character becomes `_` (reference: codex, tool names). */
export function sanitisedToolName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/gu, '_') || '_';
}

export interface NamedTool {
  /** What the client sees. */
  readonly exposed: string;
  readonly server: string;
  /** What the server calls it. */
  readonly tool: string;
}

/**
 * Gives every tool a name that is unique in Codex's eyes. With `plain` the server's own name is kept where it is free, with
 * `prefix` it is `server_tool`; a later server's tool of the same name becomes `server__tool`.
 */
export function nameTools(
  servers: readonly { readonly server: string; readonly tools: readonly string[] }[],
  style: 'plain' | 'prefix' = 'plain',
): readonly NamedTool[] {
  const taken = new Set<string>();
  const named: NamedTool[] = [];
  for (const { server, tools } of servers) {
    for (const tool of tools) {
      const exposed = firstFree([style === 'plain' ? tool : `${server}_${tool}`, `${server}__${tool}`], taken);
      taken.add(sanitisedToolName(exposed));
      named.push({ exposed, server, tool });
    }
  }
  return named;
}

function firstFree(wanted: readonly string[], taken: ReadonlySet<string>): string {
  const candidates = wanted.map((name) => cut(name, codexNameLimit));
  const free = candidates.find((name) => !taken.has(sanitisedToolName(name)));
  if (free !== undefined) {
    return free;
  }
  const base = candidates.at(-1) ?? '';
  for (let number = 2; ; number++) {
    const ending = `_${number}`;
    const name = `${cut(base, codexNameLimit - ending.length)}${ending}`;
    if (!taken.has(sanitisedToolName(name))) {
      return name;
    }
  }
}

/** Half a character would be no JSON to a strict reader, and cost the whole list. */
function cut(name: string, limit: number): string {
  return name.slice(0, limit).replace(/[\uD800-\uDBFF]$/, '');
}
