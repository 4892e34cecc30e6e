import { createServer, type IncomingMessage, type Server, type ServerResponse, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';

import { messageOf } from '../../node/envelope.ts';
import { errorCodes } from '../../shared/mcp.ts';
import type { Audit } from './audit.ts';
import { callerAddress } from './callerAddress.ts';
import type { HttpLimits } from './limits.ts';
import type { Strangers } from './strangers.ts';
import type { TlsPair } from './tls.ts';

type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;

/** What is said to whoever speaks HTTP no server could understand, by the error that Node's parser makes of it. */
const parserErrors: Readonly<Record<string, readonly [status: string, sentence: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers of the request are too large, or too many.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'The chunks of the body carry too much besides the body.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to come.'],
};
const otherError = ['400 Bad Request', 'This is no request of HTTP/1.1.'] as const;
/** More listeners than this on one socket are a leak, says Node; here they are bounded by `pipelined`. */
const fewRequests = 3;
const plainText = 'This port speaks HTTPS: write https:// in the address.';

/** The server below the endpoint: it bounds connections, heads and time, whoever sends them. */
export class Listener {
  readonly server: Server;
  private readonly secure: SecureServer | undefined;
  private readonly limits: HttpLimits;
  private readonly strangers: Strangers;
  private readonly audit: Audit;
  private readonly onRequest: OnRequest;
  /** Responses that are not through yet, by their connection. */
  private readonly open = new WeakMap<Socket, Set<ServerResponse>>();

  constructor(parts: {
    readonly limits: HttpLimits;
    readonly strangers: Strangers;
    readonly audit: Audit;
    readonly tls: TlsPair | undefined;
    readonly onRequest: OnRequest;
  }) {
    const { limits, tls } = parts;
    this.limits = limits;
    this.strangers = parts.strangers;
    this.audit = parts.audit;
    this.onRequest = parts.onRequest;
    const options = serverOptions(limits);
    this.secure = tls === undefined ? undefined : createSecureServer({ ...options, ...tls, handshakeTimeout: limits.headMs });
    this.server = this.secure ?? createServer(options);
    const take: OnRequest = (request, response) => this.take(request, response);
    this.server.on('request', take).on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      // Of a refused body it is not known whether it comes after all.
      response.setHeader('connection', 'close');
      take(request, response);
    });
    // One more than may be there, so that it shows.
    this.server.maxHeadersCount = limits.headers + 1;
    this.server.maxConnections = limits.connections;
    this.server.prependListener('connection', (socket) => this.strangers.add(socket));
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.dismiss(error.code ?? '', socket as Socket));
    this.secure?.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => this.dismissPlain(error.code ?? '', socket));
  }

  /** Connections from now on get this certificate. */
  useTls(pair: TlsPair): void {
    this.secure?.setSecureContext(pair);
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    response.on('error', () => undefined);
    const open = this.open.get(socket) ?? new Set();
    this.open.set(socket, open.add(response));
    response.once('close', () => open.delete(response));
    if (open.size > this.limits.pipelined) {
      this.say(socket, 429, 'too many requests at once on one connection');
      socket.destroy();
      return;
    }
    if (open.size > fewRequests) {
      // Each waits for the end of the connection.
      socket.setMaxListeners(0);
    }
    this.onRequest(request, response);
  }

  /** Answers what Node's parser refuses. A connection that waits for another answer just ends. */
  private dismiss(code: string, socket: Socket): void {
    const open = [...(this.open.get(socket) ?? [])];
    const [status, sentence] = parserErrors[code] ?? otherError;
    if (socket.writable && code !== 'ECONNRESET' && open.length <= 1 && open.every(({ headersSent }) => !headersSent)) {
      this.say(socket, Number(status.slice(0, 3)), sentence);
      socket.write(rawAnswer(status, sentence));
    }
    socket.destroy();
  }

  /** Whoever writes http:// where it has to be https:// is told so. */
  private dismissPlain(code: string, socket: Socket): void {
    const below = this.strangers.below(socket);
    if (code === 'ERR_SSL_HTTP_REQUEST' && below !== undefined) {
      this.say(below, 400, 'HTTP without TLS');
      below.on('error', () => undefined).write(rawAnswer('400 Bad Request', plainText));
    }
  }

  private say(socket: Socket, status: number, reason: string): void {
    this.audit.say({ event: 'refused', address: callerAddress(socket), status, reason, path: '' });
  }
}

function serverOptions(limits: HttpLimits): ServerOptions {
  return {
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: Math.max(50, Math.min(limits.headMs, limits.requestMs) / 4),
    keepAliveTimeout: limits.restMs,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    noDelay: true,
    insecureHTTPParser: false,
  };
}

function rawAnswer(status: string, sentence: string): string {
  const body = messageOf({ id: null, error: { code: errorCodes.invalidRequest, message: sentence } }).toString();
  return [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
