import { removeMember, renameMember } from '../edit.ts';
import { knownMistakes } from '../knownMistakes.ts';
import { nearest } from '../nearest.ts';
import { serverKey, serverKeys } from '../schema.ts';
import { firstMention } from '../servers.ts';
import { fittingValue } from '../valueFit.ts';
import { shorten } from '../../toml/shorten.ts';
import type { TomlDocument } from '../../toml/document.ts';
import type { TomlMember } from '../../toml/table.ts';
import type { Finding, Fix } from '../findings.ts';
import type { ServerKey } from '../schema.ts';
import type { CodexServer } from '../servers.ts';
import type { Rule } from './rule.ts';

/** A key of a server that Codex does not know, so that it has no effect. */
export const unknownServerKey: Rule = {
  code: 'unknown-server-key',
  check: ({ document, servers }) =>
    servers.flatMap((server) =>
      [...server.table.members.values()]
        .filter((member) => serverKey(member.name) === undefined && !looksLikeServer(member))
        .map((member) => finding(document, server, member)),
    ),
};

/** `[mcp_servers.a.b]` with a command inside is a server whose name lacks quotes, not a key. */
function looksLikeServer(member: TomlMember): boolean {
  return member.value.kind === 'table' && (member.value.members.has('command') || member.value.members.has('url'));
}

function finding(document: TomlDocument, server: CodexServer, member: TomlMember): Finding {
  const fitting = meantKeys(member.name).filter((key) => fits(server, key));
  const renames = fitting.flatMap((key) => renameFix(member, key));
  const names = fitting.map((key) => `"${key.name}"`).join(' or ');
  const hint = names === '' ? '' : ` Did you mean ${names}?`;
  return {
    code: 'unknown-server-key',
    severity: 'warning',
    message: `Codex does not know "${shorten(member.name)}" in [mcp_servers.${shorten(server.name)}] and ignores it.${hint}`,
    range: firstMention(member),
    fixes: renames.length > 0 ? renames : [...switchFix(server, member), removal(document, member)],
  };
}

function meantKeys(name: string): ServerKey[] {
  const near = nearest(
    name,
    serverKeys.map((key) => key.name),
  );
  const names = knownMistakes.get(name) ?? (near === undefined ? [] : [near]);
  return names.flatMap((meant) => serverKey(meant) ?? []);
}

/** A key that is there already, or that belongs to the other transport, would make Codex refuse the file. */
function fits(server: CodexServer, key: ServerKey): boolean {
  const has = (name: string): boolean => server.table.members.has(name);
  const wrongTransport = (key.transport === 'http' && has('command')) || (key.transport === 'stdio' && has('url'));
  return !has(key.name) && !wrongTransport && key.name !== 'bearer_token';
}

/** Renames only where the value then has the type that Codex wants, changing its spelling where that is enough. */
function renameFix(member: TomlMember, key: ServerKey): Fix[] {
  const fit = fittingValue(member, key.type);
  if (fit === undefined) {
    return [];
  }
  return [{ title: `Rename to ${key.name}`, edits: [...renameMember(member, key.name), ...fit] }];
}

/** `disabled = true` is what other clients write for `enabled = false`. */
function switchFix(server: CodexServer, member: TomlMember): Fix[] {
  const { value } = member;
  if (member.name !== 'disabled' || value.kind !== 'boolean' || server.table.members.has('enabled')) {
    return [];
  }
  const opposite = String(!value.value);
  return [
    { title: `Replace with enabled = ${opposite}`, edits: [...renameMember(member, 'enabled'), { range: value.range, newText: opposite }] },
  ];
}

function removal(document: TomlDocument, member: TomlMember): Fix {
  return { title: `Remove ${shorten(member.name)}`, edits: removeMember(document, member) };
}
