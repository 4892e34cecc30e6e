import { parseToml } from '../toml/document.ts';
import { mentionedPart } from '../toml/table.ts';
import type { TextRange } from '../../shared/text.ts';
import type { TomlDocument } from '../toml/document.ts';
import type { TomlMember, TomlTable } from '../toml/table.ts';

/** The table that Codex reads its MCP servers from. */
export const serversKey = 'mcp_servers';

/** One `[mcp_servers.NAME]`, however it is written. */
export interface CodexServer {
  readonly name: string;
  readonly member: TomlMember;
  readonly table: TomlTable;
  /** The name where it stands first. */
  readonly nameRange: TextRange;
}

/** A configuration file as the rules see it. */
export interface CodexConfig {
  readonly document: TomlDocument;
  readonly servers: readonly CodexServer[];
}

export function readCodexConfig(text: string): CodexConfig {
  const document = parseToml(text);
  return { document, servers: serversOf(document.root) };
}

/** The servers that are tables; other values under `mcp_servers` are left out. */
export function serversOf(root: TomlTable): CodexServer[] {
  const servers: CodexServer[] = [];
  const parent = root.members.get(serversKey)?.value;
  for (const member of parent?.kind === 'table' ? parent.members.values() : []) {
    if (member.value.kind === 'table') {
      servers.push({ name: member.name, member, table: member.value, nameRange: firstMention(member) });
    }
  }
  return servers;
}

/** Where a member is named first. */
export function firstMention(member: TomlMember): TextRange {
  const mention = member.mentions[0];
  if (mention === undefined) {
    throw new Error(`The member "${member.name}" is named nowhere.`);
  }
  return mentionedPart(mention).range;
}

/** The text of a string member, or undefined. */
export function stringAt(table: TomlTable, name: string): string | undefined {
  const value = table.members.get(name)?.value;
  return value?.kind === 'string' ? value.value : undefined;
}

/** The strings of an array member; other items are left out. */
export function stringsAt(table: TomlTable, name: string): string[] {
  const value = table.members.get(name)?.value;
  return value?.kind === 'array' ? value.items.flatMap((item) => (item.kind === 'string' ? [item.value] : [])) : [];
}
