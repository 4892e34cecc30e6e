import type { McpTool } from '../../shared/mcp.ts';
import { visibleJson } from '../../shared/visibleText.ts';
import type { Sha256 } from '../scan/allowance.ts';

/** In the order in which a lock writes them. `other` is all that has no part of its own, such as `_meta` and `icons`. */
export const definitionParts = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'other'] as const;
export type DefinitionPart = (typeof definitionParts)[number];

/** What a tool says of itself, as texts: title and description as they are, the rest as canonical JSON. Without its name. */
export type Definition = Readonly<Partial<Record<DefinitionPart, string>>>;

type Members = Readonly<Record<string, unknown>>;

/** JSON with the members of every object in one order, and nothing in it that a person could not see. */
export function canonicalJson(value: unknown): string {
  return visibleJson(JSON.stringify(value, (_key, member: unknown) => (isMembers(member) ? sorted(member) : member)) ?? 'null');
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `Object.fromEntries` makes a member of any name, `__proto__` too. */
function sorted(members: Members): Members {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/**
 * SHA-256 of everything that a server says of a tool, its name included, whatever the order of members. Empty for one that is
 * nested too deeply to be hashed, which equals no lock.
 */
export function definitionHash(tool: McpTool, sha256: Sha256): string {
  const known = hashes.get(tool);
  if (known !== undefined) {
    return known;
  }
  const hash = hashOf(tool, sha256);
  hashes.set(tool, hash);
  return hash;
}

/** Lists are put together again and again, and their tools never change. */
const hashes = new WeakMap<McpTool, string>();

function hashOf(tool: McpTool, sha256: Sha256): string {
  const json = unlessTooDeep(() => canonicalJson(tool));
  return json === undefined ? '' : sha256(json);
}

function unlessTooDeep<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

const namedParts = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;

/** Empty for one that is nested too deeply. */
export function definitionOf(tool: McpTool): Definition {
  return unlessTooDeep(() => partsOf(tool)) ?? {};
}

function partsOf(tool: McpTool): Definition {
  const { name: _name, ...rest } = tool;
  const parts: Partial<Record<DefinitionPart, string>> = {};
  const other: Record<string, unknown> = { ...rest };
  for (const part of namedParts) {
    const value = tool[part];
    const isText = part === 'title' || part === 'description';
    if (value !== undefined && (!isText || typeof value === 'string')) {
      parts[part] = typeof value === 'string' && isText ? value : canonicalJson(value);
      delete other[part];
    }
  }
  return Object.values(other).every((member) => member === undefined) ? parts : { ...parts, other: canonicalJson(other) };
}

/** The tool that says this of itself; undefined where a text is no JSON. */
export function toolOf(name: string, definition: Definition): McpTool | undefined {
  try {
    const other: unknown = JSON.parse(definition.other ?? '{}');
    const named = Object.fromEntries(
      namedParts.flatMap((part) => {
        const text = definition[part];
        const isText = part === 'title' || part === 'description';
        return text === undefined ? [] : [[part, isText ? text : (JSON.parse(text) as unknown)]];
      }),
    );
    return isMembers(other) ? { ...other, ...named, name } : undefined;
  } catch {
    return undefined;
  }
}

/** The parts in which two definitions differ. */
export function differingParts(before: Definition, after: Definition): readonly DefinitionPart[] {
  return definitionParts.filter((part) => before[part] !== after[part]);
}
