import type { IncomingMessage, ServerResponse } from 'node:http';

import { readEnvelope } from '../../node/envelope.ts';
import { skipSpace } from '../../node/jsonSpans.ts';
import { errorCodes } from '../../shared/mcp.ts';
import { describeError } from '../describeError.ts';
import { modernVersion } from '../eras/revision.ts';
import { onOneLine } from '../oneLine.ts';
import { Bodies, type BodyOutcome } from './bodies.ts';
import type { HttpContext } from './context.ts';
import { Gate } from './gate.ts';
import { LegacyEndpoint, retryAfter } from './legacyEndpoint.ts';
import type { LegacySession } from './legacySession.ts';
import { isModernPost, ModernEndpoint } from './modernEndpoint.ts';
import type { ModernSession } from './modernSession.ts';
import { sendError, sendNothing, sendRefusal } from './replies.ts';
import type { SessionTable } from './sessionTable.ts';
import { Strangers } from './strangers.ts';

/** What the router needs of the endpoint's options. */
export interface RouterOptions {
  readonly host: string;
  readonly token: string;
  readonly handles: readonly string[];
  readonly allowedHosts?: readonly string[];
  readonly health?: () => { readonly ok: boolean };
}

const openBracket = 0x5b;
const challenge = { 'www-authenticate': 'Bearer realm="Wharf"' };

/** Decides what becomes of a request. */
export class Router {
  readonly strangers: Strangers;
  private readonly gate: Gate;
  private readonly bodies: Bodies;
  private readonly handles: ReadonlyMap<string, string>;
  private readonly health: () => { readonly ok: boolean };
  private readonly legacy: LegacyEndpoint;
  private readonly modern: ModernEndpoint;
  private readonly log: (line: string) => void;
  private refused = 0;

  constructor(options: RouterOptions, context: HttpContext, legacy: SessionTable<LegacySession>, modern: SessionTable<ModernSession>) {
    const [first] = options.handles;
    this.handles = new Map([
      ...options.handles.map((handle) => [`/p/${handle}/mcp`, handle] as const),
      ...(first === undefined ? [] : [['/mcp', first] as const]),
    ]);
    this.strangers = new Strangers(context.limits.strangers);
    this.gate = new Gate(options.token, options.host, options.allowedHosts ?? []);
    this.bodies = new Bodies(context.limits);
    this.health = options.health ?? ((): { readonly ok: boolean } => ({ ok: true }));
    this.legacy = new LegacyEndpoint(context, legacy);
    this.modern = new ModernEndpoint(context, modern);
    this.log = context.log;
  }

  route(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request);
    const objection = this.gate.objection(request);
    if (objection !== undefined) {
      this.refuse(request, response, 403, objection);
    } else if (path === '/health' && (request.method === 'GET' || request.method === 'HEAD')) {
      sendNothing(response, this.health().ok ? 200 : 503);
    } else if (!this.gate.hasToken(request)) {
      this.refuse(request, response, 401, 'The request does not carry the bearer token of this gateway.');
    } else {
      this.strangers.trust(request.socket);
      const handle = this.handles.get(path);
      if (handle === undefined) {
        sendRefusal(response, 404, 'No profile is served here.');
      } else {
        this.serve(handle, request, response);
      }
    }
  }

  private serve(handle: string, request: IncomingMessage, response: ServerResponse): void {
    const { method, headers } = request;
    const hasSessions = headers['mcp-protocol-version'] !== modernVersion;
    if (method === 'POST') {
      this.receive(handle, request, response);
    } else if (method === 'GET' && hasSessions) {
      if (accepts(request, 'text/event-stream')) {
        this.guard(response, () => this.legacy.get(handle, request, response));
      } else {
        sendRefusal(response, 406, 'The client must accept text/event-stream.');
      }
    } else if (method === 'DELETE' && hasSessions) {
      this.legacy.delete(handle, request, response).catch((error: unknown) => this.fault(response, error));
    } else {
      sendNothing(response, 405, { allow: hasSessions ? 'GET, POST, DELETE' : 'POST' });
    }
  }

  private receive(handle: string, request: IncomingMessage, response: ServerResponse): void {
    const { headers } = request;
    const coding = headers['content-encoding'];
    if (!/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '') || (coding !== undefined && coding !== 'identity')) {
      sendRefusal(response, 415, 'The body must be application/json, not compressed.');
    } else if (!accepts(request, 'application/json') || !accepts(request, 'text/event-stream')) {
      sendRefusal(response, 406, 'The client must accept application/json and text/event-stream.');
    } else {
      this.bodies.receive(request, (body) => this.guard(response, () => this.post(handle, request, response, body)));
    }
  }

  private post(handle: string, request: IncomingMessage, response: ServerResponse, outcome: BodyOutcome): void {
    if (typeof outcome === 'number') {
      sendRefusal(
        response,
        outcome,
        outcome === 413 ? 'The body is too large.' : 'Too much is being received at once.',
        outcome === 503 ? retryAfter : {},
      );
      return;
    }
    const body = onOneLine(outcome);
    const envelope = readEnvelope(body);
    if (envelope !== undefined) {
      const endpoint = isModernPost(request, body, envelope) ? this.modern : this.legacy;
      endpoint.post(handle, request, response, body, envelope);
    } else if (body[skipSpace(body, 0)] === openBracket && request.headers['mcp-protocol-version'] !== modernVersion) {
      this.legacy.postBatch(handle, request, response, body);
    } else {
      const isJson = canParse(body);
      const code = isJson ? errorCodes.invalidRequest : errorCodes.parse;
      sendError(
        response,
        400,
        { code, message: isJson ? 'This is not one JSON-RPC 2.0 message.' : 'Parse error: this is not JSON.' },
        null,
      );
    }
  }

  /** The log hears little of what anybody can send as often as they like. */
  private refuse(request: IncomingMessage, response: ServerResponse, status: 401 | 403, reason: string): void {
    request.resume();
    sendRefusal(response, status, reason, status === 401 ? challenge : {});
    this.refused++;
    if (Number.isInteger(Math.log10(this.refused))) {
      this.log(`An HTTP request was refused, ${this.refused} so far: ${reason}`);
    }
  }

  /** A bug in one request must cost its client that request only. */
  private guard(response: ServerResponse, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fault(response, error);
    }
  }

  private fault(response: ServerResponse, error: unknown): void {
    this.log(`An HTTP request failed: ${describeError(error)}`);
    if (response.headersSent) {
      response.destroy();
    } else {
      sendError(response, 500, { code: errorCodes.internal, message: 'Wharf failed inside; its log has the details.' }, null);
    }
  }
}

/** The path as its segments mean it: a handle may be written with escapes. */
function pathOf({ url = '' }: IncomingMessage): string {
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

function accepts({ headers }: IncomingMessage, type: 'application/json' | 'text/event-stream'): boolean {
  const { accept } = headers;
  return accept === undefined || accept.includes(type) || accept.includes('*/*');
}

function canParse(body: Buffer): boolean {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}
