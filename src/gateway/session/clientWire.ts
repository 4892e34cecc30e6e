import { messageOf, notificationOf, responseOf } from '../../node/envelope.ts';
import { problemErrorCode } from '../../shared/controlProtocol.ts';
import type { RequestId } from '../../shared/mcp.ts';
import { describeProblem, type Problem } from '../../shared/problem.ts';
import type { ClientLink } from '../clientLink.ts';
import type { Instance } from '../instances/instance.ts';
import type { Guard } from '../scan/guard.ts';
import { BackPressure, highWater } from './backPressure.ts';

/** What one client is told, until its session is closed. */
export class ClientWire {
  private readonly link: ClientLink;
  private readonly own: () => readonly Instance[];
  private readonly guard: Guard;
  private readonly pressure = new BackPressure();
  private closed = false;

  /** `own` are the copies of servers that wait when this client does not read. Nothing goes out that `guard` did not see. */
  constructor(link: ClientLink, own: () => readonly Instance[], guard: Guard) {
    this.link = link;
    this.own = own;
    this.guard = guard;
  }

  /** `about` is the request that it belongs to, where it belongs to one. */
  send(message: Buffer, about: RequestId | undefined): void {
    this.sendSeen(this.closed ? message : this.guard.outgoing(message), about);
  }

  /** Sends what the guard has seen already. */
  sendSeen(message: Buffer, about: RequestId | undefined): void {
    if (!this.closed) {
      this.link.send(message, about);
      this.pressure.watch(this.link, this.own);
    }
  }

  /** An empty result. */
  confirm(id: RequestId): void {
    this.send(responseOf(id, 'result', Buffer.from('{}')), id);
  }

  refuse(id: RequestId, problem: Problem): void {
    this.send(messageOf({ id, error: { code: problemErrorCode, message: describeProblem(problem), data: problem } }), id);
  }

  /** The client has said something wrong, or Wharf has a bug. */
  fault(id: RequestId | null, code: number, message: string): void {
    this.send(messageOf({ id, error: { code, message } }), id ?? undefined);
  }

  notify(method: string, params: Buffer | undefined, about: RequestId | undefined): void {
    this.tell(notificationOf(method, params), about);
  }

  /** Says what may be missed. A client that does not read is not buried under what servers say by themselves. */
  tell(message: Buffer, about: RequestId | undefined): void {
    if (this.link.queuedBytes <= highWater) {
      this.send(message, about);
    }
  }

  warn(text: string): void {
    this.send(messageOf({ method: 'notifications/message', params: { level: 'warning', logger: 'wharf', data: text } }), undefined);
  }

  /** The client has read what waited for it. */
  drained(): void {
    this.pressure.release();
  }

  close(): void {
    this.closed = true;
    this.drained();
  }
}
