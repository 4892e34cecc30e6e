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
 * `prefix` it is `server_tool`; a later server's tool of the same name becomes `server__tool`. `kept` has names that were given
 * before, by server and tool: they stay, as far as this function could give them.
 */
export function nameTools(
  servers: readonly { readonly server: string; readonly tools: readonly string[] }[],
  style: 'plain' | 'prefix' = 'plain',
  kept: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(),
): readonly NamedTool[] {
  const taken = new Set<string>();
  const all = servers.flatMap(({ server, tools }) => tools.map((tool) => ({ server, tool, wanted: wantedNames(server, tool, style) })));
  const before = all.map(({ server, tool, wanted }) => {
    const name = kept.get(server)?.get(tool);
    const isGiven = name !== undefined && couldBeGiven(name, wanted) && !taken.has(sanitisedToolName(name));
    if (isGiven) {
      taken.add(sanitisedToolName(name));
    }
    return isGiven ? name : undefined;
  });
  return all.map(({ server, tool, wanted }, index) => {
    const exposed = before[index] ?? firstFree(wanted, taken);
    taken.add(sanitisedToolName(exposed));
    return { exposed, server, tool };
  });
}

function wantedNames(server: string, tool: string, style: 'plain' | 'prefix'): readonly string[] {
  return [style === 'plain' ? tool : `${server}_${tool}`, `${server}__${tool}`];
}

function couldBeGiven(name: string, wanted: readonly string[]): boolean {
  const base = wanted.at(-1) ?? '';
  const ending = /_(?:[2-9]|[1-9]\d{1,3})$/.exec(name)?.[0];
  const numbered = ending === undefined ? undefined : `${cut(base, codexNameLimit - ending.length)}${ending}`;
  return name === numbered || wanted.some((one) => cut(one, codexNameLimit) === name);
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
