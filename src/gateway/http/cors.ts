import type { IncomingMessage, ServerResponse } from 'node:http';

import { sendNothing } from './replies.ts';

/** What a page may send (WHATWG Fetch, "CORS-preflight request"), and what it may read of an answer. */
const allowedHeaders = 'authorization, content-type, accept, last-event-id, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name';
const exposedHeaders = 'mcp-session-id, mcp-protocol-version, www-authenticate, retry-after';

/** Answers pages of other origins: none, unless its user named them. Never with credentials of the browser's own. */
export class Cors {
  private readonly origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
  }

  allows(origin: string): boolean {
    return this.origins.has(origin);
  }

  /** Lets the page that made the request read the answer, where it may. */
  open({ headers }: IncomingMessage, response: ServerResponse): void {
    if (this.origins.size > 0) {
      response.setHeader('vary', 'origin');
      if (headers.origin !== undefined && this.allows(headers.origin)) {
        response.setHeader('access-control-allow-origin', headers.origin);
        response.setHeader('access-control-expose-headers', exposedHeaders);
      }
    }
  }

  /** Whether a browser asks what an allowed page may send. It asks without the token. */
  isPreflight({ method, headers }: IncomingMessage): boolean {
    const { origin } = headers;
    return method === 'OPTIONS' && origin !== undefined && this.allows(origin) && headers['access-control-request-method'] !== undefined;
  }

  answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
    sendNothing(response, 204, {
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': allowedHeaders,
      'access-control-max-age': 600,
      ...(headers['access-control-request-private-network'] === 'true' ? { 'access-control-allow-private-network': 'true' } : {}),
    });
  }
}
