import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import type { ClientLink } from '../../../src/gateway/clientLink.ts';
import { startHttpFront, type HttpClient, type HttpFront, type HttpFrontOptions } from '../../../src/gateway/http/server.ts';
import { hashOfToken, type KnownToken } from '../../../src/node/httpTokens.ts';
import { SseParser } from '../../../src/gateway/upstreams/sse.ts';
import { ScriptedSession, type Message } from './scriptedSession.ts';

export const token = 'the-token-of-this-test';
export const modern = '2026-07-28';

export interface TestFront {
  readonly front: HttpFront;
  readonly sessions: ScriptedSession[];
  readonly log: string[];
  readonly origin: string;
}

/** An endpoint on a free loopback port, with scripted sessions behind it, that ends with the test. */
export async function startFront(t: TestContext, options: Partial<HttpFrontOptions> = {}): Promise<TestFront> {
  const sessions: ScriptedSession[] = [];
  const log: string[] = [];
  const started = await startHttpFront({
    host: '127.0.0.1',
    port: 0,
    token,
    handles: ['one', 'two'],
    open: (handle: string, link: ClientLink, client: HttpClient) => {
      const session = new ScriptedSession(handle, link, client);
      sessions.push(session);
      return Promise.resolve(session);
    },
    log: (line) => void log.push(line),
    ...options,
  });
  if (!started.ok) {
    throw new Error(started.problem.message);
  }
  t.after(() => started.value.close());
  return { front: started.value, sessions, log, origin: `http://127.0.0.1:${started.value.port}` };
}

/** A way to the endpoint whose connections a test can break. */
export async function startRelay(t: TestContext, port: number): Promise<{ readonly origin: string; breakConnections(): void }> {
  const sockets = new Set<Socket>();
  const relay = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => undefined).on('close', () => other.destroy() && sockets.delete(socket));
    }
  });
  const breakConnections = (): void => sockets.forEach((socket) => socket.destroy());
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    relay.close();
    breakConnections();
  });
  return { origin: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`, breakConnections };
}

export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: unknown;
  readonly agent?: Agent;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Headers of a usual POST. */
export const usual = {
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** The response's head; its body is still to be read. */
export function open(origin: string, sending: Sending = {}): Promise<IncomingMessage> {
  const { body, path = '/mcp', method = body === undefined ? 'GET' : 'POST', headers = {}, agent } = sending;
  const given = Object.fromEntries(Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const options = { method, headers: given, agent: agent ?? new Agent({ keepAlive: false }) };
    const request = httpRequest(`${origin}${path}`, options, resolve).on('error', reject);
    request.end(body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
}

export async function send(origin: string, sending: Sending = {}): Promise<Received> {
  const response = await open(origin, sending);
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

export interface EventReader {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Messages so far. */
  readonly messages: readonly Message[];
  readonly lastEventId: string;
  readonly isEnded: boolean;
  /** What came, uninterpreted. */
  readonly raw: string;
  close(): void;
}

/** Reads a response as an event stream. */
export async function openEvents(t: TestContext, origin: string, sending: Sending = {}): Promise<EventReader> {
  const response = await open(origin, sending);
  const messages: Message[] = [];
  let raw = '';
  let isEnded = false;
  const parser = new SseParser(({ data }) => {
    if (data.length > 0) {
      messages.push(JSON.parse(data.toString()) as Message);
    }
  });
  response.on('data', (chunk: Buffer) => {
    raw += chunk.toString();
    parser.push(chunk);
  });
  response.on('end', () => (isEnded = true));
  response.on('error', () => undefined);
  t.after(() => response.destroy());
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    messages,
    get lastEventId() {
      return parser.lastEventId;
    },
    get isEnded() {
      return isEnded;
    },
    get raw() {
      return raw;
    },
    close: () => void response.destroy(),
  };
}

/** A client of the revisions with a handshake. */
export interface LegacyClient {
  readonly headers: OutgoingHttpHeaders;
  post(message: unknown, headers?: OutgoingHttpHeaders): Promise<Received>;
  stream(t: TestContext, message: unknown, headers?: OutgoingHttpHeaders): Promise<EventReader>;
  listen(t: TestContext, lastEventId?: string): Promise<EventReader>;
}

export async function initialize(
  origin: string,
  version = '2025-06-18',
  path = '/mcp',
  given: OutgoingHttpHeaders = {},
): Promise<LegacyClient> {
  const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  const answer = await send(origin, { path, headers: given, body: { jsonrpc: '2.0', id: 'init', method: 'initialize', params } });
  const id = answer.headers['mcp-session-id'];
  if (answer.status !== 200 || typeof id !== 'string') {
    throw new Error(`initialize: ${answer.status} ${answer.text}`);
  }
  const headers = { ...given, 'mcp-session-id': id, 'mcp-protocol-version': version };
  return {
    headers,
    post: (body, more = {}) => send(origin, { path, body, headers: { ...headers, ...more } }),
    stream: (t, body, more = {}) => openEvents(t, origin, { path, body, headers: { ...headers, ...more } }),
    listen: (t, last) => openEvents(t, origin, { path, headers: { ...headers, ...(last === undefined ? {} : { 'last-event-id': last }) } }),
  };
}

/** Headers of whoever shows this token. */
export function bearing(secret: string): OutgoingHttpHeaders {
  return { authorization: `Bearer ${secret}` };
}

/** What is known of a token for the profile `one`. */
export function knownToken(name: string, secret: string, more: Partial<KnownToken> = {}): KnownToken {
  return { name, sha256: hashOfToken(secret), profiles: ['one'], tools: null, expiresAt: null, ...more };
}

export function call(id: string | number, tool: string, given: Record<string, unknown> = {}): Record<string, unknown> {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: given } };
}

/** A request of revision 2026-07-28, with its headers. */
export function modernCall(
  id: string | number,
  tool: string,
  given: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Sending {
  return modernRequest(id, 'tools/call', { name: tool, arguments: given }, more);
}

export function modernRequest(
  id: string | number,
  method: string,
  params: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Sending {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': modern,
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
    ...more,
  };
  const name = params['name'] ?? params['uri'];
  return {
    headers: { 'mcp-protocol-version': modern, 'mcp-method': method, ...(typeof name === 'string' ? { 'mcp-name': name } : {}) },
    body: { jsonrpc: '2.0', id, method, params: { ...params, _meta } },
  };
}

export function json(received: Received): Message {
  return JSON.parse(received.text) as Message;
}

/** The text of a tool's result. */
export function textOf(message: Message | undefined): string {
  const { content } = (message?.result ?? {}) as { readonly content?: readonly { readonly text: string }[] };
  return content?.[0]?.text ?? '';
}
