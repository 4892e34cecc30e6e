/** A place that a server may connect to. */
export interface AllowedHost {
  /** A name in lower case, an address, `*.` and a name for every name below it, or `*` for every name. */
  readonly host: string;
  readonly port: number;
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const name = new RegExp(`^(?:\\*|(?:\\*\\.)?${label}(?:\\.${label})*)$`);
const longestName = 253;
const defaultPort = 443;

/** Docker's `host:port[/tcp|http|https]` (reference: docker-gateway §2.2); without a port it is 443. Undefined for anything else. */
export function parseAllowedHost(text: string): AllowedHost | undefined {
  const [, v6, plain, portText] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?(?:\/(?:tcp|http|https))?$/i.exec(text.trim()) ?? [];
  const host = (v6 ?? plain)?.toLowerCase().replace(/\.$/, '');
  const port = portText === undefined ? defaultPort : Number(portText);
  if (host === undefined || port < 1 || port > 65_535 || host.length > longestName) {
    return undefined;
  }
  return v6 !== undefined || name.test(host) ? { host, port } : undefined;
}

/** Names of the computer that asks, which for a server is its container (RFC 6761, section 6.3). */
export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** As `parseAllowedHost` reads it. */
export function allowedHostText({ host, port }: AllowedHost): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
