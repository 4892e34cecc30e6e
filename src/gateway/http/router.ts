import type { IncomingMessage, ServerResponse } from 'node:http';

import { readEnvelope } from '../../node/envelope.ts';
import { skipSpace } from '../../node/jsonSpans.ts';
import { errorCodes } from '../../shared/mcp.ts';
import { describeError } from '../describeError.ts';
import { modernVersion } from '../eras/revision.ts';
import { onOneLine } from '../oneLine.ts';
import type { Audit } from './audit.ts';
import { mayUse, type Bearer, type Bearers } from './bearer.ts';
import { Bodies, type BodyOutcome } from './bodies.ts';
import { callerAddress, isLoopback } from './callerAddress.ts';
import type { Access, HttpContext } from './context.ts';
import type { Cors } from './cors.ts';
import { FailedTries } from './failedTries.ts';
import type { Gate } from './gate.ts';
import { LegacyEndpoint, retryAfter } from './legacyEndpoint.ts';
import type { LegacySession } from './legacySession.ts';
import type { HttpLimits } from './limits.ts';
import { isModernPost, ModernEndpoint } from './modernEndpoint.ts';
import type { ModernSession } from './modernSession.ts';
import { sendError, sendNothing, sendRefusal, type Headers } from './replies.ts';
import { accepts, headFault, pathOf } from './requestHead.ts';
import type { SessionTable } from './sessionTable.ts';
import type { Strangers } from './strangers.ts';
import type { Usages } from './usage.ts';

/** What the router works with. */
export interface RouterParts {
  readonly gate: Gate;
  readonly cors: Cors;
  readonly bearers: Bearers;
  readonly usages: Usages;
  readonly strangers: Strangers;
  readonly audit: Audit;
  readonly handles: readonly string[];
  readonly health: () => { readonly ok: boolean };
}

const openBracket = 0x5b;
const challenge = { 'www-authenticate': 'Bearer realm="Wharf"' };
const noToken = 'The request does not carry the bearer token of this gateway.';

/** Decides what becomes of a request. */
export class Router {
  private readonly parts: RouterParts;
  private readonly limits: HttpLimits;
  private readonly bodies: Bodies;
  private readonly tries = new FailedTries();
  private readonly handles: ReadonlyMap<string, string>;
  private readonly legacy: LegacyEndpoint;
  private readonly modern: ModernEndpoint;
  private readonly log: (line: string) => void;
  private refused = 0;

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
    const { gate, cors, health } = this.parts;
    const fault = headFault(request, this.limits.headers);
    if (fault !== undefined) {
      this.refuse(request, response, fault.status, fault.reason, { connection: 'close' });
      return;
    }
    const path = pathOf(request);
    const objection = gate.objection(request);
    if (objection !== undefined) {
      this.refuse(request, response, 403, objection);
      return;
    }
    cors.open(request, response);
    if (cors.isPreflight(request)) {
      cors.answerPreflight(request, response);
    } else if (path === '/health' && (request.method === 'GET' || request.method === 'HEAD')) {
      sendNothing(response, health().ok ? 200 : 503);
    } else {
      const bearer = this.admitted(request, response, path);
      if (bearer !== undefined) {
        this.enter(bearer, path, request, response);
      }
    }
  }

  /** Whoever shows a good token; undefined where the request was refused. */
  private admitted(request: IncomingMessage, response: ServerResponse, path: string): Bearer | undefined {
    const { bearers, strangers } = this.parts;
    const address = callerAddress(request.socket);
    // Who guesses wrongly too often is not even told of a right guess. Whoever is on this computer or was let in before is no guesser.
    const mayGuess = isLoopback(address) || strangers.isTrusted(request.socket);
    const wait = mayGuess || request.headers.authorization === undefined ? 0 : this.tries.wait(address);
    const verdict = wait > 0 ? undefined : bearers.judge(request);
    if (verdict?.kind === 'good') {
      strangers.trust(request.socket);
      return verdict.bearer;
    }
    const isWrong = verdict?.kind === 'unknown' || verdict?.kind === 'expired';
    const late = isWrong ? this.tries.wait(address) : wait;
    if (isWrong) {
      strangers.distrust(request.socket);
      this.tries.add(address);
    }
    const reason = verdict === undefined ? 'too many wrong tokens' : `${verdict.kind} token`;
    const token = verdict?.kind === 'expired' ? { token: verdict.name } : {};
    this.parts.audit.say({ event: 'auth-failed', address, reason, ...token, path });
    if (late > 0) {
      this.turnAway(request, response, 429, 'Too many wrong tokens came from this address.', { 'retry-after': late });
    } else {
      this.turnAway(request, response, 401, noToken, challenge);
    }
    return undefined;
  }

  private enter(bearer: Bearer, path: string, request: IncomingMessage, response: ServerResponse): void {
    const excess = this.parts.usages.admit(bearer, request.method === 'GET' ? 'stream' : 'request', response);
    const handle = this.handles.get(path);
    if (excess !== undefined) {
      this.refuse(request, response, 429, excess.reason, { 'retry-after': excess.retryAfter }, bearer);
    } else if (handle === undefined || !mayUse(bearer, handle)) {
      // What the token may not use is as if it were not there.
      this.refuse(request, response, 404, 'No profile is served here.', {}, bearer);
    } else {
      this.serve({ handle, bearer, address: callerAddress(request.socket) }, request, response);
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
      this.refuse(request, response, outcome, reason, outcome === 503 ? retryAfter : {}, access.bearer);
      return;
    }
    if (this.parts.bearers.objection(access.bearer) !== undefined) {
      // The token ended while the body came.
      sendRefusal(response, 401, noToken, challenge);
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

  /** Refuses a request and writes that down. */
  private refuse(
    request: IncomingMessage,
    response: ServerResponse,
    status: 400 | 403 | 404 | 413 | 429 | 431 | 503,
    reason: string,
    headers: Headers = {},
    bearer?: Bearer,
  ): void {
    const token = bearer === undefined ? {} : { token: bearer.name };
    this.parts.audit.say({
      event: 'refused',
      address: callerAddress(request.socket),
      ...token,
      status,
      reason,
      path: pathOf(request),
    });
    if (bearer === undefined) {
      this.turnAway(request, response, status, reason, headers);
    } else {
      request.resume();
      sendRefusal(response, status, reason, headers);
    }
  }

  /** The log hears little of what anybody can send as often as they like. */
  private turnAway(request: IncomingMessage, response: ServerResponse, status: number, reason: string, headers: Headers): void {
    request.resume();
    sendRefusal(response, status, reason, headers);
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

function canParse(body: Buffer): boolean {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}
