import { isName, withoutDot, type Naming } from './clientHello.ts';

/** RFC 9110 §9, and PRI of an HTTP/2 connection without TLS, whose host stands in compressed lines. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'PRI'];
const mostBytes = 16_384;

/** The host that an HTTP/1 request names (RFC 9112 §3.2). Two different hosts in one request are none. */
export function readHttpHost(bytes: Uint8Array): Naming {
  const text = Buffer.from(bytes.subarray(0, mostBytes)).toString('latin1');
  const space = text.indexOf(' ');
  if (space === -1 ? !methods.some((method) => method.startsWith(text)) : !methods.includes(text.slice(0, space))) {
    return { kind: 'other' };
  }
  const lineEnd = text.indexOf('\n');
  const [, target] = /^[A-Z]+ (\S+) HTTP\/[12]\.\d\r?$/.exec(text.slice(0, Math.max(0, lineEnd))) ?? [];
  if (lineEnd !== -1 && target === undefined) {
    // Words of another protocol, such as a line of Redis.
    return { kind: 'other' };
  }
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null || target === undefined) {
    return bytes.length >= mostBytes ? { kind: 'unnamed' } : { kind: 'more' };
  }
  const lines = text.slice(lineEnd + 1, end.index).split(/\r?\n/);
  const named = lines.flatMap((line) => /^host[ \t]*:(.*)$/i.exec(line)?.[1]?.trim() ?? []);
  // A request to a proxy, or one that has its whole address in the first line.
  const [, authority] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target) ?? [];
  const hosts = new Set([...named, ...(authority === undefined ? [] : [authority])].map(hostOf));
  const [host] = hosts;
  return hosts.size === 1 && host !== undefined && !text.startsWith('CONNECT ') ? { kind: 'named', name: host } : { kind: 'unnamed' };
}

/** Without a port; undefined for what is no host. */
function hostOf(authority: string): string | undefined {
  const [, v6, name] = /^(?:\[([^\]]*)\]|([^:@]*))(?::\d*)?$/.exec(authority.toLowerCase()) ?? [];
  const host = withoutDot(v6 ?? name ?? '');
  return isName(host) ? host : undefined;
}
