import type { IncomingMessage } from 'node:http';

/** Headers that must not be there twice: whoever stands in front of the gateway may have looked at the other one. Each has a bit. */
const single: ReadonlyMap<string, number> = new Map(
  [
    'host',
    'origin',
    'authorization',
    'content-type',
    'content-encoding',
    'content-length',
    'transfer-encoding',
    'last-event-id',
    'mcp-session-id',
    'mcp-protocol-version',
    'mcp-method',
    'mcp-name',
  ].map((name, index) => [name, 1 << index]),
);

/** What is wrong with the head of a request as such; undefined for a usual one. */
export function headFault(
  { rawHeaders }: IncomingMessage,
  most: number,
): { readonly status: 400 | 431; readonly reason: string } | undefined {
  if (rawHeaders.length > 2 * most) {
    return { status: 431, reason: `The request has more than ${most} headers.` };
  }
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const bit = single.get(name) ?? single.get(name.toLowerCase()) ?? 0;
    if ((seen & bit) !== 0) {
      return { status: 400, reason: `The request has the header ${name.toLowerCase()} twice.` };
    }
    seen |= bit;
  }
  return undefined;
}

/** The path as its segments mean it: a handle may be written with escapes. */
export function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  if (!path.includes('%')) {
    return path;
  }
  try {
    return path.split('/').map(decodeURIComponent).join('/');
  } catch {
    return path;
  }
}

export function accepts({ headers }: IncomingMessage, type: 'application/json' | 'text/event-stream'): boolean {
  const { accept } = headers;
  return accept === undefined || accept.includes(type) || accept.includes('*/*');
}
