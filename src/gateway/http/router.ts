import type { IncomingMessage, ServerResponse } from 'node:http';

import { readEnvelope } from '../../node/envelope.ts';
import { skipSpace } from '../../node/jsonSpans.ts';
import { errorCodes } from '../../shared/mcp.ts';
import { describeError } from '../describeError.ts';
import { modernVersion } from '../eras/revision.ts';
import { onOneLine } from '../oneLine.ts';
import { mayUse } from './bearer.ts';
import { Bodies, type BodyOutcome } from './bodies.ts';
import { callerAddress } from './callerAddress.ts';
import type { Access, HttpContext } from './context.ts';
import type { Cors } from './cors.ts';
import type { Door } from './door.ts';
import type { Gate } from './gate.ts';
import { LegacyEndpoint, retryAfter } from './legacyEndpoint.ts';
import type { LegacySession } from './legacySession.ts';
import type { HttpLimits } from './limits.ts';
import { isModernPost, ModernEndpoint } from './modernEndpoint.ts';
import type { ModernSession } from './modernSession.ts';
import type { Refusals } from './refusals.ts';
import { sendError, sendNothing, sendRefusal } from './replies.ts';
import { accepts, headFault, pathOf } from './requestHead.ts';
import type { SessionTable } from './sessionTable.ts';

/** What the router works with. */
export interface RouterParts {
  readonly gate: Gate;
  readonly cors: Cors;
  readonly door: Door;
  readonly refusals: Refusals;
  readonly handles: readonly string[];
  readonly health: () => { readonly ok: boolean };
}

const openBracket = 0x5b;

/** Decides what becomes of a request. */
export class Router {
  private readonly parts: RouterParts;
  private readonly limits: HttpLimits;
  private readonly bodies: Bodies;
  private readonly handles: ReadonlyMap<string, string>;
  private readonly legacy: LegacyEndpoint;
  private readonly modern: ModernEndpoint;
  private readonly log: (line: string) => void;

  constructor(parts: RouterParts, context: HttpContext, legacy: SessionTable<LegacySession>, modern: SessionTable<ModernSession>) {
    const [first] = parts.handles;
    this.parts = parts;
    this.limits = context.limits;
    this.handles = new Map([
      ...parts.handles.map((handle) => [`/p/${handle}/mcp`, handle] as const),
      ...(first === undefined ? [] : [['/mcp', first] as const]),
    ]);
    this.bodies = new Bodies(context.limits);
    this.legacy = new LegacyEndpoint(context, legacy);
    this.modern = new ModernEndpoint(context, modern);
    this.log = context.log;
  }

  route(request: IncomingMessage, response: ServerResponse): void {
    const { gate, cors, door, refusals, health } = this.parts;
    const fault = headFault(request, this.limits.headers);
    if (fault !== undefined) {
      refusals.refuse(request, response, fault.status, fault.reason, { headers: { connection: 'close' } });
      return;
    }
    const objection = gate.objection(request);
    if (objection !== undefined) {
      refusals.refuse(request, response, 403, objection);
      return;
    }
    cors.open(request, response);
    const path = pathOf(request);
    if (cors.isPreflight(request)) {
      cors.answerPreflight(request, response);
    } else if (path === '/health' && (request.method === 'GET' || request.method === 'HEAD')) {
      sendNothing(response, health().ok ? 200 : 503);
    } else {
      const bearer = door.admit(request, response);
      const handle = this.handles.get(path);
      if (bearer !== undefined && handle !== undefined && mayUse(bearer, handle)) {
        this.serve({ handle, bearer, address: callerAddress(request.socket) }, request, response);
      } else if (bearer !== undefined) {
        // What the token may not use is as if it were not there.
        refusals.refuse(request, response, 404, 'No profile is served here.', { bearer });
      }
    }
  }

  private serve(access: Access, request: IncomingMessage, response: ServerResponse): void {
    const { method, headers } = request;
    const hasSessions = headers['mcp-protocol-version'] !== modernVersion;
    if (method === 'POST') {
      this.receive(access, request, response);
    } else if (method === 'GET' && hasSessions) {
      if (accepts(request, 'text/event-stream')) {
        this.guard(response, () => this.legacy.get(access, request, response));
      } else {
        sendRefusal(response, 406, 'The client must accept text/event-stream.');
      }
    } else if (method === 'DELETE' && hasSessions) {
      this.legacy.delete(access, request, response).catch((error: unknown) => this.fault(response, error));
    } else {
      sendNothing(response, 405, { allow: hasSessions ? 'GET, POST, DELETE' : 'POST' });
    }
  }

  private receive(access: Access, request: IncomingMessage, response: ServerResponse): void {
    const { headers } = request;
    const coding = headers['content-encoding'];
    if (!/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '') || (coding !== undefined && coding !== 'identity')) {
      sendRefusal(response, 415, 'The body must be application/json, not compressed.');
    } else if (!accepts(request, 'application/json') || !accepts(request, 'text/event-stream')) {
      sendRefusal(response, 406, 'The client must accept application/json and text/event-stream.');
    } else {
      if (headers.expect !== undefined) {
        response.writeContinue();
      }
      this.bodies.receive(request, (body) => this.guard(response, () => this.post(access, request, response, body)));
    }
  }

  private post(access: Access, request: IncomingMessage, response: ServerResponse, outcome: BodyOutcome): void {
    if (typeof outcome === 'number') {
      const reason = outcome === 413 ? `The body has more than ${this.limits.bodyBytes} bytes.` : 'Too much is being received at once.';
      const more = { headers: outcome === 503 ? retryAfter : {}, bearer: access.bearer };
      this.parts.refusals.refuse(request, response, outcome, reason, more);
      return;
    }
    if (!this.parts.door.isStillGood(access.bearer, response)) {
      return;
    }
    const body = onOneLine(outcome);
    const envelope = readEnvelope(body);
    if (envelope !== undefined) {
      const endpoint = isModernPost(request, body, envelope) ? this.modern : this.legacy;
      endpoint.post(access, request, response, body, envelope);
    } else if (body[skipSpace(body, 0)] === openBracket && request.headers['mcp-protocol-version'] !== modernVersion) {
      this.legacy.postBatch(access, request, response, body);
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

function canParse(body: Buffer): boolean {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}
