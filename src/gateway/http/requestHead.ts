import type { IncomingMessage } from 'node:http';

/** Headers that must not be there twice: whoever stands in front of the gateway may have looked at the other one. */
const single: ReadonlySet<string> = new Set([
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
]);

/** What is wrong with the head of a request as such; undefined for a usual one. */
export function headFault(
  { rawHeaders }: IncomingMessage,
  most: number,
): { readonly status: 400 | 431; readonly reason: string } | undefined {
  if (rawHeaders.length > 2 * most) {
    return { status: 431, reason: `The request has more than ${most} headers.` };
  }
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (single.has(name)) {
      if (seen.has(name)) {
        return { status: 400, reason: `The request has the header ${name} twice.` };
      }
      seen.add(name);
    }
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
