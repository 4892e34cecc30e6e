import type { IncomingMessage } from 'node:http';

import type { Cors } from './cors.ts';

const hostPattern = /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+)(?::\d{1,5})?$/i;
const loopbackPattern = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** What may be shown, in a log and in a shell's command. */
const printable = /^[\w.:[\]-]{1,80}$/;
const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

export function isOnAllAddresses(host: string): boolean {
  return wildcards.has(host);
}

/**
 * Decides which requests are meant for this gateway. A web page that points a name of its own at this machine still names itself in `Host` and
 * `Origin`, so both must be ours (2025-11-25, transports, "Security Warning").
 */
export class Gate {
  private readonly names: ReadonlySet<string>;
  private readonly isOnAllAddresses: boolean;
  private readonly cors: Cors;
  /** The `Host` that was let in last; most clients always send the same. */
  private lastHost: string | undefined;

  constructor(host: string, allowedHosts: readonly string[], cors: Cors) {
    this.isOnAllAddresses = isOnAllAddresses(host);
    this.names = new Set([host, ...allowedHosts].filter((name) => !wildcards.has(name)).map(bracketed));
    this.cors = cors;
  }

  /** Why a request is refused that does not name this server, or comes from a foreign page; undefined for one that is for us. */
  objection(request: IncomingMessage): string | undefined {
    const { host, origin } = request.headers;
    if (host === undefined || (host !== this.lastHost && !this.isOurs(hostPattern.exec(host)?.[1], request))) {
      return hostObjection(hostPattern.exec(host ?? '')?.[1]);
    }
    if (origin !== undefined && !this.isOurOrigin(origin, request)) {
      return originObjection(origin);
    }
    this.lastHost = this.isOnAllAddresses ? undefined : host;
    return undefined;
  }

  private isOurOrigin(origin: string, request: IncomingMessage): boolean {
    if (this.cors.allows(origin)) {
      return true;
    }
    const url = URL.parse(origin);
    return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && this.isOurs(url.hostname, request);
  }

  private isOurs(given: string | undefined, request: IncomingMessage): boolean {
    const name = given?.toLowerCase();
    if (name === undefined) {
      return false;
    }
    return loopbackPattern.test(name) || this.names.has(name) || (this.isOnAllAddresses && name === addressOf(request));
  }
}

function hostObjection(name: string | undefined): string {
  return name !== undefined && printable.test(name)
    ? `The request's Host is "${name}", which is no name of this gateway. If it is, start it with "--allowed-host ${name}".`
    : "The request's Host is no name of this gateway. Start it with --allowed-host and the name by which it is called.";
}

function originObjection(origin: string): string {
  const url = URL.parse(origin);
  const isShown = url !== null && /^https?:$/.test(url.protocol) && printable.test(url.host);
  return !isShown
    ? "The request's Origin is no page of this gateway's own, and cannot be allowed: send it from a program, without Origin."
    : `The request's Origin is a page of "${url.host}", which is not let in. If you trust it, start the gateway with "--cors-origin ${url.origin}".`;
}

/** The address of this machine that the client connected to, as a URL has it. */
function addressOf(request: IncomingMessage): string {
  return bracketed(request.socket.localAddress?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '');
}

/** A host as URLs and `Host` have it: IPv6 in brackets. */
export function bracketed(host: string): string {
  const name = host.toLowerCase();
  return name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
}
