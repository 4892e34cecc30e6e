import { addressedGateway } from './gatewayAddress.ts';
import { gatewayEntryName } from './gatewayEntry.ts';
import { startsGateway } from './gatewayServer.ts';
import { readCodexConfig, stringAt, stringsAt, type CodexServer } from './servers.ts';

interface StdioServer {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface HttpServer {
  readonly name: string;
  readonly url: string;
}

/** What Docker's `client ls --json` says of one client (reference: docker-gateway §1.4, pkg/client/config.go). */
export interface ClientReport {
  readonly displayName: string;
  readonly source: string;
  readonly icon: string;
  readonly configName: string;
  /** Whether it has an entry of a gateway. */
  readonly dockerMCPCatalogConnected: boolean;
  /** The id that the entry names; empty where it names none. */
  readonly profile: string;
  readonly error: { readonly type: string; readonly error: string } | null;
  /** Without variables and headers, which may hold secrets. */
  readonly Cfg: {
    readonly STDIOServers: readonly StdioServer[];
    readonly SSEServers: readonly [];
    readonly HTTPServers: readonly HttpServer[];
  } | null;
}

const codex = { displayName: 'Codex', source: 'https://openai.com/codex/', icon: '', configName: 'codex' } as const;

/** Reads what a configuration of Codex says of its servers. */
export function clientReport(text: string): ClientReport {
  const { document, servers } = readCodexConfig(text);
  const [broken] = document.errors;
  if (broken !== undefined) {
    return brokenReport('parse', broken.message);
  }
  const gateway = servers.find(isGateway);
  return {
    ...codex,
    dockerMCPCatalogConnected: gateway !== undefined,
    profile: gateway === undefined ? '' : profileOf(gateway),
    error: null,
    Cfg: {
      STDIOServers: servers.flatMap(({ name, table }) => {
        const command = stringAt(table, 'command');
        return command === undefined ? [] : [{ name, command, args: stringsAt(table, 'args') }];
      }),
      SSEServers: [],
      HTTPServers: servers.flatMap(({ name, table }) => {
        const url = stringAt(table, 'url');
        return url === undefined ? [] : [{ name, url }];
      }),
    },
  };
}

export function brokenReport(type: string, error: string): ClientReport {
  return { ...codex, dockerMCPCatalogConnected: false, profile: '', error: { type, error }, Cfg: null };
}

/** Docker's words for it. Those of variables are left out. */
export function clientLines({
  configName,
  dockerMCPCatalogConnected: isConnected,
  profile,
  error,
  Cfg: config,
}: ClientReport): readonly string[] {
  if (error !== null) {
    return [` ● ${configName}: ${error.error}`];
  }
  const servers = [
    ...(config?.STDIOServers ?? []).map(({ name, command, args }) => [name, [command, ...args].join(' '), 'stdio'] as const),
    ...(config?.HTTPServers ?? []).map(({ name, url }) => [name, url, 'http'] as const),
  ];
  return [
    ` ● ${configName}: ${isConnected ? 'connected' : 'disconnected'}${profile === '' ? '' : ` (profile ${profile})`}`,
    ...servers.map(
      ([name, what, kind]) => `   ${name}: ${name === gatewayEntryName ? 'Docker MCP Catalog (gateway server)' : what} (${kind})`,
    ),
  ];
}

function isGateway(server: CodexServer): boolean {
  return startsGateway(server) || addressedGateway(server) !== undefined;
}

function profileOf({ table }: CodexServer): string {
  const args = stringsAt(table, 'args');
  const given = args.flatMap((arg, index) => {
    const [, value = arg === '--profile' ? args[index + 1] : undefined] = /^--profile=(.*)$/s.exec(arg) ?? [];
    return value ?? [];
  });
  const [, handle = ''] = /\/p\/([^/]+)\/mcp\/?$/.exec(stringAt(table, 'url') ?? '') ?? [];
  return given[0] ?? handle;
}
