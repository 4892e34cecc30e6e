import { messageOf, responseOf } from '../../node/envelope.ts';
import { problemErrorCode } from '../../shared/controlProtocol.ts';
import type { Finding } from '../../shared/findings.ts';
import type { RequestId } from '../../shared/mcp.ts';
import { describeProblem, type Problem } from '../../shared/problem.ts';
import type { ClientLink } from '../clientLink.ts';
import type { Instance } from '../instances/instance.ts';
import type { Guard, Looked } from '../scan/guard.ts';
import { BackPressure, highWater } from './backPressure.ts';

/** A server that says something by itself, and the tool that it says it of, where that is known. */
export interface Speaker {
  readonly server: string;
  readonly tool: string | null;
}

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

  /** Says Wharf's own words, which may quote those of others. `about` is the request that they belong to, where they belong to one. */
  send(message: Buffer, about: RequestId | undefined): void {
    this.sendSeen(this.closed ? message : this.guard.masked(message), about);
  }

  /** Says what a server says by itself, as far as its client may see it. */
  pass(message: Buffer, about: RequestId | undefined, { server, tool }: Speaker, where: 'notification' | 'request'): Looked {
    const looked = this.guard.look(message, where, server, tool);
    if (looked.kind === 'passed') {
      this.sendSeen(looked.value, about);
    }
    return looked;
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
    this.sendSeen(responseOf(id, 'result', Buffer.from('{}')), id);
  }

  refuse(id: RequestId, problem: Problem): void {
    this.send(messageOf({ id, error: { code: problemErrorCode, message: describeProblem(problem), data: problem } }), id);
  }

  /**
   * A call of a tool that was withheld: a failure of the tool is what every client shows its model, which must not just try again.
   * `who` says what the user can do; no command that allows anything, since a model may have a shell.
   */
  block(id: RequestId, { message, code }: Problem, who = 'who can allow it in the profile'): void {
    const text = `[Wharf] ${message} (${code}) Do not try to get it in another way: tell the user, ${who}.`;
    this.send(messageOf({ id, result: { content: [{ type: 'text', text }], isError: true } }), id);
  }

  /** The client has said something wrong, or Wharf has a bug. */
  fault(id: RequestId | null, code: number, message: string): void {
    this.send(messageOf({ id, error: { code, message } }), id ?? undefined);
  }

  /** Says what may be missed. A client that does not read is not buried under what servers say by themselves. */
  tell(message: Buffer, about: RequestId | undefined, speaker: Speaker): readonly Finding[] {
    return this.link.queuedBytes <= highWater ? this.pass(message, about, speaker, 'notification').findings : [];
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
