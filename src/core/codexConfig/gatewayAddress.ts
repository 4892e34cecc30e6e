import { stringAt, type CodexServer } from './servers.ts';

/** Where a gateway on this computer serves a profile over HTTP. */
export interface GatewayAddress {
  /** Scheme, host and port as they are written. */
  readonly origin: string;
  /** Where it says how it is: the same port of this computer by number, so that no name has to be looked up. */
  readonly health: readonly string[];
}

/** What came of asking a gateway how it is: `silent` when nobody answered, `unwell` when somebody did, but not with 200. */
export type GatewayState = 'healthy' | 'unwell' | 'silent';

/** Asks a gateway how it is, by the address that its entry in Codex's configuration has. */
export type GatewayProbe = (address: GatewayAddress) => Promise<GatewayState>;

const form = /^(http:\/\/(localhost|127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}|\[::1\])(:\d{1,5})?)\/(?:p\/[^/?#]+\/)?mcp\/?$/i;
const highestPort = 65_535;

/** Reads an address that only a gateway on this computer has: `http`, a loopback host, and `/mcp` or `/p/HANDLE/mcp`. */
export function gatewayAddress(url: string): GatewayAddress | undefined {
  const [, origin, host, port = ''] = form.exec(url) ?? [];
  if (origin === undefined || host === undefined || Number(port.slice(1)) > highestPort) {
    return undefined;
  }
  const hosts = host.toLowerCase() === 'localhost' ? ['127.0.0.1', '[::1]'] : [host];
  return { origin, health: hosts.map((each) => `http://${each}${port}/health`) };
}

/** The gateway on this computer that an entry names by its address, unless the entry is turned off. */
export function addressedGateway(server: CodexServer): GatewayAddress | undefined {
  const enabled = server.table.members.get('enabled')?.value;
  const url = stringAt(server.table, 'url');
  return url === undefined || (enabled?.kind === 'boolean' && !enabled.value) ? undefined : gatewayAddress(url);
}

/** Milliseconds that a gateway on this computer has for saying how it is. */
export const probePatienceMs = 500;

/** Makes a probe of a function that gives the status of a GET, or undefined where nobody answered in time. */
export function gatewayProbe(statusOf: (url: string) => Promise<number | undefined>): GatewayProbe {
  return async ({ health }) => {
    const statuses = (await Promise.all(health.map(statusOf))).filter((status) => status !== undefined);
    return statuses.includes(200) ? 'healthy' : statuses.length > 0 ? 'unwell' : 'silent';
  };
}

/** How the gateways of a configuration are, by origin. */
export type GatewayStates = ReadonlyMap<string, GatewayState>;

/** Asks every gateway that the servers name, each once and all at the same time. */
export async function probeGateways(servers: readonly CodexServer[], probe: GatewayProbe): Promise<GatewayStates> {
  const addresses = new Map(servers.flatMap(named));
  return new Map(await Promise.all([...addresses].map(async ([origin, address]) => [origin, await probe(address)] as const)));
}

function named(server: CodexServer): (readonly [string, GatewayAddress])[] {
  const address = addressedGateway(server);
  return address === undefined ? [] : [[address.origin, address]];
}
