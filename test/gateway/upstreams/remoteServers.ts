import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport, type EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface TestHttpServer {
  readonly origin: string;
  /** `/mcp` at the origin. */
  readonly url: string;
  /** Every request so far. */
  readonly seen: readonly SeenRequest[];
  /** Connections so far, and those that are open. */
  readonly connections: { total: number; open: number };
  /** Breaks every connection. */
  cut(): void;
  /** The same, and listens no more. */
  die(): Promise<void>;
}

/** An HTTP server on a free loopback port that ends with the test. */
export async function serve(t: TestContext, handler: Handler): Promise<TestHttpServer> {
  const seen: SeenRequest[] = [];
  const connections = { total: 0, open: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    handler(request, response);
  });
  server.on('connection', (socket) => {
    connections.total++;
    connections.open++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connections.open--;
      sockets.delete(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  const die = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      cut();
    });
  t.after(die);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, url: `${origin}/mcp`, seen, connections, cut, die };
}

/** Reads a request's JSON and gives it to `answer`; what that returns is the JSON of the response. */
export function jsonHandler(
  answer: (message: Record<string, unknown>, request: IncomingMessage, response: ServerResponse) => unknown,
): Handler {
  return async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const text = Buffer.concat(chunks).toString();
    const given = answer(text === '' ? {} : (JSON.parse(text) as Record<string, unknown>), request, response);
    if (given !== undefined && !response.headersSent) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(given));
    } else if (request.method === 'POST' && given === undefined && !response.headersSent && !('keep' in response)) {
      response.writeHead(202).end();
    }
  };
}

/** Makes `jsonHandler` leave this response alone. */
export function keepOpen(response: ServerResponse): undefined {
  Object.assign(response, { keep: true });
  return undefined;
}

/** An MCP server of the official SDK with a tool for each thing that a transport has to carry. */
export function testServer(): McpServer {
  const server = new McpServer({ name: 'remote', version: '1.0.0' }, { capabilities: { logging: {}, tools: { listChanged: true } } });
  const text = (value: string): { content: { type: 'text'; text: string }[] } => ({ content: [{ type: 'text', text: value }] });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, (args) => text(args.text));
  server.registerTool('big', { inputSchema: { bytes: z.number() } }, ({ bytes }) => text('x'.repeat(bytes)));
  server.registerTool('steps', { inputSchema: { count: z.number() } }, async ({ count }, extra) => {
    for (let step = 1; step <= count; step++) {
      const progressToken = extra._meta?.progressToken ?? 0;
      await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress: step, total: count } });
    }
    return text('done');
  });
  server.registerTool('ask', { inputSchema: {} }, async (_args, extra) => {
    const answer = await extra.sendRequest(
      {
        method: 'elicitation/create',
        params: { message: 'Name?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } },
      },
      z.looseObject({ action: z.string(), content: z.looseObject({}).optional() }),
    );
    return text(`${answer.action} ${String(answer.content?.['name'])}`);
  });
  server.registerTool('wait', { inputSchema: {} }, async (_args, extra) => {
    waits.started++;
    await new Promise<void>((resolve) => extra.signal.addEventListener('abort', () => resolve()));
    waits.cancelled++;
    return text('never seen');
  });
  server.registerTool('poll', { inputSchema: {} }, async (_args, extra) => {
    extra.closeSSEStream?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return text('after a break');
  });
  return server;
}

/** How many calls of `wait` there were, over all servers of this file. */
export const waits = { started: 0, cancelled: 0 };

export interface SdkServer extends TestHttpServer {
  /** The SDK's server behind each session. */
  readonly sessions: Map<string, McpServer>;
}

/** Streamable HTTP of the official SDK, with sessions. */
export async function serveStateful(
  t: TestContext,
  options: { readonly json?: boolean; readonly events?: EventStore; readonly retryMs?: number } = {},
): Promise<SdkServer> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const sessions = new Map<string, McpServer>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const id = request.headers['mcp-session-id'];
    let transport = typeof id === 'string' ? transports.get(id) : undefined;
    if (transport === undefined && id !== undefined) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }));
      return;
    }
    if (transport === undefined) {
      const server = testServer();
      const made = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        enableJsonResponse: options.json ?? false,
        onsessioninitialized: (session) => {
          transports.set(session, made);
          sessions.set(session, server);
        },
        onsessionclosed: (session) => {
          transports.delete(session);
          sessions.delete(session);
        },
        ...(options.events === undefined ? {} : { eventStore: options.events }),
        ...(options.retryMs === undefined ? {} : { retryInterval: options.retryMs }),
      });
      await server.connect(made);
      transport = made;
    }
    await transport.handleRequest(request, response);
  };
  const server = await serve(t, (request, response) => void handle(request, response));
  t.after(() => Promise.all([...transports.values()].map((transport) => transport.close())));
  return { ...server, sessions };
}

/** Streamable HTTP of the official SDK without sessions: a server for each request. It knows no GET. */
export function serveStateless(t: TestContext, options: { readonly json: boolean }): Promise<TestHttpServer> {
  return serve(t, async (request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const server = testServer();
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: options.json });
    response.on('close', () => void server.close());
    await server.connect(transport);
    await transport.handleRequest(request, response);
  });
}

/** Keeps the events of every stream in their order. */
export class OrderedEvents implements EventStore {
  private readonly events: { readonly id: string; readonly stream: string; readonly message: JSONRPCMessage }[] = [];

  storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    const id = `${stream}:${this.events.length}`;
    this.events.push({ id, stream, message });
    return Promise.resolve(id);
  }

  getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return Promise.resolve(this.events.find(({ id }) => id === eventId)?.stream);
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const at = this.events.findIndex(({ id }) => id === lastEventId);
    const stream = this.events[at]?.stream ?? '';
    for (const event of this.events.slice(at + 1).filter((one) => one.stream === stream)) {
      await send(event.id, event.message);
    }
    return stream;
  }
}
