import { parseToml } from '../toml/document.ts';
import { sameTable, sameValue } from '../toml/plain.ts';
import { serversKey } from './servers.ts';
import { foreignKeys } from './switchTransport.ts';
import type { TomlDocument } from '../toml/document.ts';
import type { ValueNode } from '../toml/syntax.ts';
import type { TomlMember, TomlTable, TomlValue } from '../toml/table.ts';
import type { GatewayEntry, HttpGatewayEntry, StdioGatewayEntry } from './gatewayEntry.ts';

const empty: TomlTable = { kind: 'table', form: 'root', members: new Map(), header: null, inline: null };

/** The keys that an entry of a transport gets; `env` is proven by itself. */
const ownKeys = { stdio: ['command', 'args', 'env'], http: ['url', 'bearer_token_env_var'] } as const;

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
  const refused = foreignKeys(entry.transport);
  const left = refused.find((name) => server.members.has(name));
  if (left !== undefined) {
    return `"${left}" would stay in "${entry.name}", and Codex refuses it there`;
  }
  const ours = new Set(['startup_timeout_sec', 'tool_timeout_sec', ...ownKeys[entry.transport], ...refused]);
  if (entry.approval !== null) {
    ours.add('default_tools_approval_mode');
  }
  const envKept =
    entry.transport === 'http' ||
    keepsOthers(tableOf(old.members.get('env')), tableOf(server.members.get('env')), new Set(Object.keys(entry.env)));
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
  return (
    (entry.transport === 'stdio' ? starts(server, entry) : reaches(server, entry)) &&
    isNumber(at('startup_timeout_sec'), entry.startupTimeoutSec) &&
    isNumber(at('tool_timeout_sec'), entry.toolTimeoutSec) &&
    (entry.approval === null || isString(at('default_tools_approval_mode'), entry.approval))
  );
}

function starts(server: TomlTable, entry: StdioGatewayEntry): boolean {
  const args = server.members.get('args')?.value;
  const env = tableOf(server.members.get('env'));
  return (
    isString(server.members.get('command')?.value, entry.command) &&
    args?.kind === 'array' &&
    args.items.length === entry.args.length &&
    args.items.every((item, index) => isString(item, entry.args[index] ?? '')) &&
    Object.entries(entry.env).every(([name, value]) => isString(env.members.get(name)?.value, value))
  );
}

function reaches(server: TomlTable, entry: HttpGatewayEntry): boolean {
  return (
    isString(server.members.get('url')?.value, entry.url) &&
    isString(server.members.get('bearer_token_env_var')?.value, entry.bearerTokenEnvVar)
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
