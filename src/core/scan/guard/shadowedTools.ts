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

/** By the name that a client sees: of each server its first tool of that name. A server may list thousands that are one to a client. */
type Names = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Looks at the tools of all servers that one client sees. Linear in the length of all descriptions. */
export function shadowedTools(servers: readonly ServerTools[]): readonly ShadowedTool[] {
  const byName = new Map<string, Map<string, string>>();
  for (const { server, tools } of servers) {
    for (const { name } of tools) {
      const key = keyOf(name);
      const known = byName.get(key) ?? new Map<string, string>();
      byName.set(key, known.has(server) ? known : known.set(server, name));
    }
  }
  return servers.flatMap(({ server, tools }) =>
    tools.flatMap((tool) => [...sameNames(server, tool.name, byName), ...described(server, tool, byName)]),
  );
}

function keyOf(name: string): string {
  return sanitisedToolName(name).toLowerCase();
}

/** The first server keeps its name; every later one shadows it. */
function sameNames(server: string, tool: string, byName: Names): readonly ShadowedTool[] {
  const [first] = byName.get(keyOf(tool)) ?? [];
  return first === undefined || first[0] === server
    ? []
    : [{ server, tool, shadows: { server: first[0], tool: first[1] }, how: 'sameName' }];
}

function described(server: string, tool: McpTool, byName: Names): readonly ShadowedTool[] {
  const found = new Map<string, ShadowedTool>();
  for (const sentence of (tool.description ?? '').slice(0, longestDescription).split(/[.!?](?=\s)|\n\s*\n/)) {
    if (!directive.test(sentence)) {
      continue;
    }
    for (const [word] of sentence.matchAll(/[A-Za-z0-9][\w-]{3,127}/g)) {
      // A word of plain prose, such as "search", names no tool for certain; nor does a name that the server has too.
      const isName = word.length >= shortestName && /[_\-\d]|[a-z][A-Z]/.test(word);
      const others = isName ? byName.get(keyOf(word)) : undefined;
      const [other] = others ?? [];
      if (other !== undefined && others?.has(server) !== true) {
        const shadows = { server: other[0], tool: other[1] };
        found.set(JSON.stringify(shadows), { server, tool: tool.name, shadows, how: 'describes' });
      }
    }
  }
  return [...found.values()];
}
