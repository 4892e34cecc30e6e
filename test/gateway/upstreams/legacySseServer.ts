import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';

import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';

import { serve, testServer, type TestHttpServer } from './remoteServers.ts';

/** HTTP with SSE of the official SDK, which calls it deprecated, and which servers of 2024-11-05 speak: `GET /mcp`, `POST /messages`. */
export async function serveLegacySse(
  t: TestContext,
  /** True for a request that was answered already. */
  guard: (request: IncomingMessage, response: ServerResponse) => Promise<boolean> = () => Promise.resolve(false),
): Promise<TestHttpServer> {
  const transports = new Map<string, SSEServerTransport>();
  return serve(t, async (request, response) => {
    if (await guard(request, response)) {
      return;
    }
    const url = new URL(request.url ?? '', 'http://localhost');
    if (request.method === 'GET' && url.pathname === '/mcp') {
      const transport = new SSEServerTransport('/messages', response);
      transports.set(transport.sessionId, transport);
      await testServer().connect(transport);
      return;
    }
    const transport = transports.get(url.searchParams.get('sessionId') ?? '');
    if (request.method === 'POST' && url.pathname === '/messages' && transport !== undefined) {
      await transport.handlePostMessage(request, response);
    } else {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<pre>Cannot POST /mcp</pre>');
    }
  });
}
