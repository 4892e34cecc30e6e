import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';

import type { OauthServer } from '../../support/oauthServer.ts';
import { serve, serveStateful, type TestHttpServer } from '../upstreams/remoteServers.ts';

export interface GuardedServer extends TestHttpServer {
  /** Access tokens that came, in their order, each as often as it came. */
  readonly tokens: readonly string[];
  /** What its metadata says; tests change it. */
  metadata: Record<string, unknown>;
  /** The scope that each request needs; null for none. */
  needs: (request: IncomingMessage, body: string) => string | null;
  /** Answers that are made wholly by the test; false for all others. */
  before: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A real MCP server over Streamable HTTP that lets only people in who logged in at `oauth`. */
export async function serveGuarded(t: TestContext, oauth: Pick<OauthServer, 'issuer' | 'introspect'>): Promise<GuardedServer> {
  const inner = await serveStateful(t);
  const tokens: string[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (guarded.before(request, response)) {
      return;
    }
    if ((request.url ?? '').startsWith('/.well-known/oauth-protected-resource')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(guarded.metadata));
      return;
    }
    if (request.url !== '/mcp') {
      response.writeHead(404).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const body = Buffer.concat(chunks);
    const named = `resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`;
    const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (token !== undefined) {
      tokens.push(token);
    }
    const facts = token === undefined ? undefined : await oauth.introspect(token);
    if (facts?.active !== true || facts.aud !== server.url) {
      response.writeHead(401, { 'www-authenticate': `Bearer ${named}, scope="mcp:read"` }).end();
      return;
    }
    const scope = guarded.needs(request, body.toString());
    if (scope !== null && !(facts.scope ?? '').split(' ').includes(scope)) {
      response.writeHead(403, { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}", ${named}` }).end();
      return;
    }
    const { authorization: _authorization, ...headers } = request.headers;
    await relay(inner.url, request.method ?? 'GET', headers, body, response);
  };
  const server = await serve(t, (request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const guarded: GuardedServer = {
    ...server,
    tokens,
    metadata: { resource: server.url, authorization_servers: [oauth.issuer], scopes_supported: ['mcp:read', 'mcp:write'] },
    needs: () => null,
    before: () => false,
  };
  return guarded;
}

async function relay(
  url: string,
  method: string,
  headers: IncomingMessage['headers'],
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const { host: _host, connection: _connection, 'content-length': _length, ...rest } = headers;
  const stop = new AbortController();
  response.on('close', () => stop.abort());
  const answer = await fetch(url, {
    method,
    headers: rest as Record<string, string>,
    signal: stop.signal,
    ...(method === 'POST' ? { body: new Uint8Array(body) } : {}),
  });
  const names = ['content-type', 'mcp-session-id'];
  response.writeHead(
    answer.status,
    Object.fromEntries(names.flatMap((name) => (answer.headers.get(name) === null ? [] : [[name, answer.headers.get(name) ?? '']]))),
  );
  response.flushHeaders();
  for await (const chunk of answer.body ?? []) {
    response.write(chunk);
  }
  response.end();
}
