import type { TestContext } from 'node:test';

import type { HttpTimeouts } from '../../../src/gateway/upstreams/httpClient.ts';
import { openHttpChannel } from '../../../src/gateway/upstreams/httpChannel.ts';
import { ChannelOwner } from './channelOwner.ts';
import { jsonHandler, keepOpen, serve, type Handler } from './remoteServers.ts';

/** What no log, no id and no error may show. */
export const secret = 't0p-secret-token';

/** The owner of a channel that sends `secret` as its token. */
export function own(t: TestContext, url: string, timeouts: Partial<HttpTimeouts> = {}): ChannelOwner {
  return new ChannelOwner(t, openHttpChannel({ url, headers: { Authorization: `Bearer ${secret}` }, name: 'far', timeouts }));
}

export const hello = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'far', version: '1' } };

/** A server that shakes hands, with a session, and leaves every call to `handle`. It has no stream of its own. */
function handshake(handle: Handler, options: { readonly onGet?: Handler } = {}): Handler {
  return jsonHandler((message, request, response) => {
    if (request.method === 'GET' && options.onGet !== undefined) {
      options.onGet(request, response);
      return keepOpen(response);
    }
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return undefined;
    }
    if (message['method'] === 'initialize') {
      response.setHeader('mcp-session-id', 'session-1');
      return { jsonrpc: '2.0', id: message['id'], result: hello };
    }
    if (message['id'] === undefined) {
      return undefined;
    }
    handle(request, response);
    return keepOpen(response);
  });
}

/** A server and the owner of a channel that has shaken hands with it. The next request has the id 2. */
export async function ready(
  t: TestContext,
  handle: Handler,
  options: { readonly onGet?: Handler; readonly timeouts?: Partial<HttpTimeouts> } = {},
) {
  const server = await serve(t, handshake(handle, options));
  const owner = own(t, server.url, options.timeouts);
  await owner.initialize();
  return { server, owner };
}
