import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const hostPattern = /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+)(?::\d{1,5})?$/i;
const loopbackPattern = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/**
 * Decides who is let in. A web page that points a name of its own at this machine still names itself in `Host` and
 * `Origin`, so both must be ours (2025-11-25, transports, "Security Warning").
 */
export class Gate {
  private readonly names: ReadonlySet<string>;
  private readonly isOnAllAddresses: boolean;
  private readonly tokenHash: Buffer;
  /** The `Host` that was let in last; most clients always send the same. */
  private lastHost: string | undefined;

  constructor(token: string, host: string, allowedHosts: readonly string[]) {
    this.isOnAllAddresses = wildcards.has(host);
    this.names = new Set([host, ...allowedHosts].filter((name) => !wildcards.has(name)).map(bracketed));
    this.tokenHash = hashOf(token);
  }

  /** Whether the request names this server, and comes from no foreign page. */
  isForUs(request: IncomingMessage): boolean {
    const { host, origin } = request.headers;
    const isOurHost = host !== undefined && (host === this.lastHost || this.isOurs(hostPattern.exec(host)?.[1], request));
    if (!isOurHost || (origin !== undefined && !this.isOurOrigin(origin, request))) {
      return false;
    }
    this.lastHost = this.isOnAllAddresses ? undefined : host;
    return true;
  }

  /** Takes as long for a token that is nearly right as for one that is not. */
  hasToken(request: IncomingMessage): boolean {
    const given = request.headers.authorization;
    return given !== undefined && /^bearer /i.test(given) && timingSafeEqual(hashOf(given.slice(7).trim()), this.tokenHash);
  }

  private isOurOrigin(origin: string, request: IncomingMessage): boolean {
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

/** The address of this machine that the client connected to, as a URL has it. */
function addressOf(request: IncomingMessage): string {
  return bracketed(request.socket.localAddress?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '');
}

/** A host as URLs and `Host` have it: IPv6 in brackets. */
export function bracketed(host: string): string {
  const name = host.toLowerCase();
  return name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
}

function hashOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
