import type { McpTool } from '../../../shared/mcp.ts';
import { sanitisedToolName } from '../../tools/toolNames.ts';

/** What one server offers. */
export interface ServerTools {
  readonly server: string;
  readonly tools: readonly McpTool[];
}

/** A tool that takes the place of another server's, or tells how that is to be used. */
export interface ShadowedTool {
  readonly server: string;
  readonly tool: string;
  readonly shadows: { readonly server: string; readonly tool: string };
  /** The same name in Codex's eyes, or a description that speaks of the other one. */
  readonly how: 'sameName' | 'describes';
}

/** What tells a model what to do with another tool. */
const directive =
  /\b(?:instead of|rather than|replaces?|supersedes?|overrides?|deprecated|do not (?:use|call)|don't (?:use|call)|never (?:use|call)|must (?:not )?(?:use|call|be|first|always)|always (?:use|call|first)|(?:before|after|when|whenever|prior to) (?:using|calling|invoking|you (?:use|call))|is (?:broken|unsafe|insecure)|no longer|the following (?:rule|instruction)s?|side effect)\b/i;
const longestDescription = 20_000;
const shortestName = 5;

/** Looks at the tools of all servers that one client sees. Linear in the length of all descriptions. */
export function shadowedTools(servers: readonly ServerTools[]): readonly ShadowedTool[] {
  const byName = new Map<string, { readonly server: string; readonly tool: string }[]>();
  for (const { server, tools } of servers) {
    for (const { name } of tools) {
      const key = keyOf(name);
      byName.set(key, [...(byName.get(key) ?? []), { server, tool: name }]);
    }
  }
  return servers.flatMap(({ server, tools }) =>
    tools.flatMap((tool) => [...sameNames(server, tool.name, byName), ...described(server, tool, byName)]),
  );
}

function keyOf(name: string): string {
  return sanitisedToolName(name).toLowerCase();
}

type Names = ReadonlyMap<string, readonly { readonly server: string; readonly tool: string }[]>;

/** The first server keeps its name; every later one shadows it. */
function sameNames(server: string, tool: string, byName: Names): readonly ShadowedTool[] {
  const first = byName.get(keyOf(tool))?.[0];
  return first === undefined || first.server === server ? [] : [{ server, tool, shadows: first, how: 'sameName' }];
}

function described(server: string, tool: McpTool, byName: Names): readonly ShadowedTool[] {
  const own = new Set(byName.get(keyOf(tool.name))?.map(({ tool: name }) => name));
  const found = new Map<string, ShadowedTool>();
  for (const sentence of (tool.description ?? '').slice(0, longestDescription).split(/[.!?](?=\s)|\n\s*\n/)) {
    if (!directive.test(sentence)) {
      continue;
    }
    for (const [word] of sentence.matchAll(/[A-Za-z0-9][\w-]{3,127}/g)) {
      const others = byName.get(keyOf(word)) ?? [];
      const other = others.find((one) => one.server !== server);
      // A word of plain prose, such as "search", names no tool for certain; nor does a name that the server has too.
      const isName = word.length >= shortestName && /[_\-\d]|[a-z][A-Z]/.test(word);
      if (isName && other !== undefined && !others.some((one) => one.server === server) && !own.has(other.tool)) {
        found.set(`${other.server} ${other.tool}`, { server, tool: tool.name, shadows: other, how: 'describes' });
      }
    }
  }
  return [...found.values()];
}
