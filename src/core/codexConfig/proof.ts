import { parseToml } from '../toml/document.ts';
import { sameTable, sameValue } from '../toml/plain.ts';
import { serversKey } from './servers.ts';
import type { TomlDocument } from '../toml/document.ts';
import type { ValueNode } from '../toml/syntax.ts';
import type { TomlMember, TomlTable, TomlValue } from '../toml/table.ts';
import type { GatewayEntry } from './connect.ts';

const empty: TomlTable = { kind: 'table', form: 'root', members: new Map(), header: null, inline: null };

/** What is wrong with the text after connecting, or undefined: then it means what was asked and nothing else changed. */
export function proveConnected(before: TomlDocument, text: string, entry: GatewayEntry): string | undefined {
  const after = parseToml(text);
  const flaw = restChanged(before, after, entry.name);
  if (flaw !== undefined) {
    return flaw;
  }
  const server = tableOf(serversTable(after).members.get(entry.name));
  const old = tableOf(serversTable(before).members.get(entry.name));
  if (!means(server, entry)) {
    return `the edited entry "${entry.name}" would not say what was asked`;
  }
  const ours = new Set(['command', 'args', 'env', 'startup_timeout_sec', 'tool_timeout_sec']);
  if (entry.approval !== null) {
    ours.add('default_tools_approval_mode');
  }
  const envKept = keepsOthers(tableOf(old.members.get('env')), tableOf(server.members.get('env')), new Set(Object.keys(entry.env)));
  return keepsOthers(old, server, ours) && envKept ? undefined : `the edit would change other keys of "${entry.name}"`;
}

/** What is wrong with the text after disconnecting, or undefined: then the entry is gone and nothing else changed. */
export function proveDisconnected(before: TomlDocument, text: string, name: string): string | undefined {
  const after = parseToml(text);
  const flaw = restChanged(before, after, name);
  return flaw ?? (serversTable(after).members.has(name) ? `"${name}" would still be there` : undefined);
}

function restChanged(before: TomlDocument, after: TomlDocument, name: string): string | undefined {
  const error = after.errors[0];
  if (error !== undefined) {
    return `the edited text would not be valid TOML (${error.message})`;
  }
  const others = sameTable(before.root, after.root, serversKey) && sameTable(serversTable(before), serversTable(after), name);
  const value = before.root.members.get(serversKey)?.value;
  const sameServers = value === undefined || value.kind === 'table' || sameValue(value, after.root.members.get(serversKey)?.value ?? empty);
  return others && sameServers ? undefined : 'the edit would change other values of the file';
}

function serversTable(document: TomlDocument): TomlTable {
  return tableOf(document.root.members.get(serversKey));
}

function tableOf(member: TomlMember | undefined): TomlTable {
  return member?.value.kind === 'table' ? member.value : empty;
}

function means(server: TomlTable, entry: GatewayEntry): boolean {
  const at = (name: string): TomlValue | undefined => server.members.get(name)?.value;
  const args = at('args');
  const env = tableOf(server.members.get('env'));
  return (
    isString(at('command'), entry.command) &&
    args?.kind === 'array' &&
    args.items.length === entry.args.length &&
    args.items.every((item, index) => isString(item, entry.args[index] ?? '')) &&
    isNumber(at('startup_timeout_sec'), entry.startupTimeoutSec) &&
    isNumber(at('tool_timeout_sec'), entry.toolTimeoutSec) &&
    (entry.approval === null || isString(at('default_tools_approval_mode'), entry.approval)) &&
    Object.entries(entry.env).every(([name, value]) => isString(env.members.get(name)?.value, value))
  );
}

function isString(node: TomlValue | ValueNode | undefined, wanted: string): boolean {
  return node?.kind === 'string' && node.value === wanted;
}

function isNumber(node: TomlValue | undefined, wanted: number): boolean {
  return (node?.kind === 'integer' || node?.kind === 'float') && Number(node.value) === wanted;
}

function keepsOthers(before: TomlTable, after: TomlTable, changed: ReadonlySet<string>): boolean {
  const kept = [...before.members].every(([name, member]) => {
    const now = after.members.get(name);
    return changed.has(name) || (now !== undefined && sameValue(member.value, now.value));
  });
  return kept && [...after.members.keys()].every((name) => changed.has(name) || before.members.has(name));
}
