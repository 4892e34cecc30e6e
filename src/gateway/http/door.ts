import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Bearer, Bearers } from './bearer.ts';
import { callerAddress, isLoopback } from './callerAddress.ts';
import { FailedTries } from './failedTries.ts';
import type { Refusals } from './refusals.ts';
import { sendRefusal } from './replies.ts';
import type { Strangers } from './strangers.ts';
import type { Usages } from './usage.ts';

const challenge = { 'www-authenticate': 'Bearer realm="Wharf"' };
const noToken = 'The request does not carry the bearer token of this gateway.';

/** Lets in whoever shows a good token, as often as that token may. */
export class Door {
  private readonly bearers: Bearers;
  private readonly usages: Usages;
  private readonly strangers: Strangers;
  private readonly refusals: Refusals;
  private readonly tries = new FailedTries();

  constructor(bearers: Bearers, usages: Usages, strangers: Strangers, refusals: Refusals) {
    this.bearers = bearers;
    this.usages = usages;
    this.strangers = strangers;
    this.refusals = refusals;
  }

  /** Who makes the request; undefined where it was refused. */
  admit(request: IncomingMessage, response: ServerResponse): Bearer | undefined {
    const bearer = this.known(request, response);
    const excess = bearer === undefined ? undefined : this.usages.admit(bearer, request.method === 'GET' ? 'stream' : 'request', response);
    if (bearer !== undefined && excess !== undefined) {
      this.refusals.refuse(request, response, 429, excess.reason, { headers: { 'retry-after': excess.retryAfter }, bearer });
      return undefined;
    }
    return bearer;
  }

  /** Whether a bearer is still good whose request took a while to come; refuses it where not. */
  isStillGood(bearer: Bearer, response: ServerResponse): boolean {
    const isGood = this.bearers.objection(bearer) === undefined;
    if (!isGood) {
      sendRefusal(response, 401, noToken, challenge);
    }
    return isGood;
  }

  private known(request: IncomingMessage, response: ServerResponse): Bearer | undefined {
    const { socket, headers } = request;
    const address = callerAddress(socket);
    // Who guesses wrongly too often is not even told of a right guess. Whoever is on this computer or was let in before is no guesser.
    const mayGuess = isLoopback(address) || this.strangers.isTrusted(socket) || headers.authorization === undefined;
    const wait = mayGuess ? 0 : this.tries.wait(address);
    if (wait > 0) {
      this.sendAway(request, response, wait, 'too many wrong tokens');
      return undefined;
    }
    const verdict = this.bearers.judge(request);
    switch (verdict.kind) {
      case 'good':
        this.strangers.trust(socket);
        return verdict.bearer;
      case 'missing':
        this.sendAway(request, response, 0, 'missing token');
        return undefined;
      case 'unknown':
      case 'expired': {
        const late = this.tries.wait(address);
        this.strangers.distrust(socket);
        this.tries.add(address);
        this.sendAway(request, response, late, `${verdict.kind} token`, verdict.kind === 'expired' ? verdict.name : undefined);
        return undefined;
      }
    }
  }

  /** `wait` is in seconds; 0 where the next token may be shown now. */
  private sendAway(request: IncomingMessage, response: ServerResponse, wait: number, why: string, token?: string): void {
    const more = { why, ...(token === undefined ? {} : { token }) };
    if (wait > 0) {
      const reason = 'Too many wrong tokens came from this address.';
      this.refusals.turnAway(request, response, 429, reason, { headers: { 'retry-after': wait }, ...more });
    } else {
      this.refusals.turnAway(request, response, 401, noToken, { headers: challenge, ...more });
    }
  }
}
