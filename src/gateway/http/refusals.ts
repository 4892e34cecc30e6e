import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Audit } from './audit.ts';
import type { Bearer } from './bearer.ts';
import { callerAddress } from './callerAddress.ts';
import { sendRefusal, type Headers } from './replies.ts';
import { pathOf } from './requestHead.ts';

/** Refuses requests, in words, and writes that down. */
export class Refusals {
  private readonly audit: Audit;
  private readonly log: (line: string) => void;
  private count = 0;

  constructor(audit: Audit, log: (line: string) => void) {
    this.audit = audit;
    this.log = log;
  }

  /** A request that is not served; `bearer` is who made it, where they were let in. */
  refuse(
    request: IncomingMessage,
    response: ServerResponse,
    status: 400 | 403 | 404 | 413 | 429 | 431 | 503,
    reason: string,
    more: { readonly headers?: Headers; readonly bearer?: Bearer } = {},
  ): void {
    const { headers = {}, bearer } = more;
    const address = callerAddress(request.socket);
    const token = bearer === undefined ? {} : { token: bearer.name };
    this.audit.say({ event: 'refused', address, ...token, status, reason, path: pathOf(request) });
    this.send(request, response, status, reason, headers);
    if (bearer === undefined) {
      this.sayInLog(reason);
    }
  }

  /** A request without a good token; `why` is for the audit log alone. */
  turnAway(
    request: IncomingMessage,
    response: ServerResponse,
    status: 401 | 429,
    reason: string,
    more: { readonly headers: Headers; readonly why: string; readonly token?: string },
  ): void {
    const { headers, why, token } = more;
    const address = callerAddress(request.socket);
    this.audit.say({ event: 'auth-failed', address, reason: why, ...(token === undefined ? {} : { token }), path: pathOf(request) });
    this.send(request, response, status, reason, headers);
    this.sayInLog(reason);
  }

  private send(request: IncomingMessage, response: ServerResponse, status: number, reason: string, headers: Headers): void {
    request.resume();
    sendRefusal(response, status, reason, headers);
  }

  /** The log hears little of what anybody can send as often as they like. */
  private sayInLog(reason: string): void {
    this.count++;
    if (Number.isInteger(Math.log10(this.count))) {
      this.log(`An HTTP request was refused, ${this.count} so far: ${reason}`);
    }
  }
}
