import { positionAt } from '../../shared/text.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { readCodexConfig, type CodexServer } from '../codexConfig/servers.ts';
import * as problems from '../problems.ts';
import { isRecord } from '../provenance/json.ts';
import { toPlain } from '../toml/plain.ts';
import type { ForeignConfig, ForeignServer, ForeignTransport, LeftOut } from './foreign.ts';
import { textsOf } from './mcpJson.ts';
import { Marker } from './placeholders.ts';

const known = [
  'command args env env_vars cwd url http_headers env_http_headers bearer_token_env_var enabled enabled_tools scopes oauth',
  'startup_timeout_sec startup_timeout_ms tool_timeout_sec name',
]
  .join(' ')
  .split(' ');

/** Why other keys of Codex have no place in an entry, as half a sentence (reference: codex §2.1). */
const reasons: Readonly<Record<string, string>> = {
  default_tools_approval_mode: 'it stands at the entry of the gateway, for all its servers: "wharf client connect --approve"',
  tools: 'approvals and limits of single tools stand at the entry of the gateway in config.toml',
  disabled_tools: 'a profile lists the tools that it offers, and not those that it does not: "wharf profile tools --disable"',
  required: 'the gateway answers at once, and no server can keep a thread from starting',
  supports_parallel_tool_calls: 'it stands at the entry of the gateway in config.toml',
  tool_input_schema_max_bytes: 'it stands at the entry of the gateway in config.toml',
  omit_tools_from: 'it stands at the entry of the gateway in config.toml',
  http_headers_helper: 'a command that prints headers is not run; name a secret in "headers" instead',
  bearer_token: 'Codex refuses this key, and a token does not belong into a file',
};

/** Reads the `[mcp_servers]` of Codex's configuration. Fails with `configSyntax` for what is no TOML. */
export function readCodexServers(text: string, file: string): Result<ForeignConfig> {
  const { document, servers } = readCodexConfig(text);
  const [error] = document.errors;
  if (error !== undefined) {
    return fail(problems.configSyntax({ file, ...positionAt(text, error.range.start) }, error.message));
  }
  const found: ForeignServer[] = [];
  const unusable: { name: string; why: string }[] = [];
  for (const server of servers) {
    const read = codexServer(server, file);
    if ('why' in read) {
      unusable.push({ name: server.name, why: read.why });
    } else {
      found.push(read);
    }
  }
  return ok({ servers: found, unusable });
}

type Table = Readonly<Record<string, unknown>>;

/** One `[mcp_servers.NAME]`; `why` says in half a sentence why it is no server. */
export function codexServer({ name, table }: CodexServer, file: string): ForeignServer | { readonly why: string } {
  const value = toPlain(table) as Table;
  const marker = new Marker('none');
  const transport = transportOf(value, marker);
  if (typeof transport === 'string') {
    return { why: transport };
  }
  const oauth = isRecord(value['oauth']) ? value['oauth'] : undefined;
  const scopes = value['scopes'] === undefined ? null : textsOf(value['scopes']);
  return {
    name,
    client: 'codex',
    file,
    isEnabled: value['enabled'] !== false,
    transport,
    placeholders: marker.placeholders,
    tools: value['enabled_tools'] === undefined ? null : textsOf(value['enabled_tools']),
    startTimeoutMs: milliseconds(value['startup_timeout_sec'], 1000) ?? milliseconds(value['startup_timeout_ms'], 1),
    callTimeoutMs: milliseconds(value['tool_timeout_sec'], 1000),
    oauthScopes: transport.kind === 'http' ? (scopes ?? (oauth === undefined ? null : [])) : null,
    leftOut: [...leftOutOf(value), ...Object.keys(oauth ?? {}).map((key) => ({ what: `oauth.${key}`, why: ownLogin }))],
  };
}

const ownLogin = '"wharf oauth authorize" registers and logs in by itself';

function transportOf(value: Table, marker: Marker): ForeignTransport | string {
  if (typeof value['command'] === 'string') {
    const named = Array.isArray(value['env_vars']) ? value['env_vars'].flatMap(variableName) : [];
    const env = {
      ...Object.fromEntries(named.map((name) => [name, marker.variable(name)])),
      ...texts(value['env'], marker),
    };
    const cwd = typeof value['cwd'] === 'string' ? marker.mark(value['cwd']) : null;
    return {
      kind: 'stdio',
      command: marker.mark(value['command']),
      args: textsOf(value['args']).map((word) => marker.mark(word)),
      env,
      cwd,
    };
  }
  if (typeof value['url'] === 'string') {
    const token = value['bearer_token_env_var'];
    const fromEnvironment = Object.entries(isRecord(value['env_http_headers']) ? value['env_http_headers'] : {});
    const headers = {
      ...texts(value['http_headers'], marker),
      ...Object.fromEntries(
        fromEnvironment.flatMap(([header, name]) => (typeof name === 'string' ? [[header, marker.variable(name)]] : [])),
      ),
      ...(typeof token === 'string' ? { Authorization: `Bearer ${marker.variable(token)}` } : {}),
    };
    return { kind: 'http', url: marker.mark(value['url']), isSse: false, headers };
  }
  return 'it has neither "command" nor "url"';
}

function variableName(item: unknown): readonly string[] {
  const name = isRecord(item) ? item['name'] : item;
  return typeof name === 'string' && name !== '' ? [name] : [];
}

function texts(value: unknown, marker: Marker): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(isRecord(value) ? value : {}).flatMap(([name, text]) => (typeof text === 'string' ? [[name, marker.mark(text)]] : [])),
  );
}

function milliseconds(value: unknown, unit: number): number | null {
  const amount = typeof value === 'bigint' ? Number(value) : value;
  return typeof amount === 'number' && amount > 0 && Number.isFinite(amount) ? Math.ceil(amount * unit) : null;
}

function leftOutOf(value: Table): readonly LeftOut[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      what: key,
      why: (Object.hasOwn(reasons, key) ? reasons[key] : undefined) ?? 'an entry of a profile has nothing of the kind',
    }));
}
