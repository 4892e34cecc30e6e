import { Bucket } from './bucket.ts';

/** Something that happened at the endpoint. Never the arguments or the result of a call, nor any token. */
export type AuditEvent =
  | { readonly event: 'started'; readonly url: string; readonly profiles: readonly string[] }
  | { readonly event: 'stopped' }
  | { readonly event: 'tokens-changed'; readonly names: readonly string[] }
  /** A request without a good token. */
  | { readonly event: 'auth-failed'; readonly address: string; readonly reason: string; readonly token?: string; readonly path: string }
  /** A request that was not served for another reason. */
  | {
      readonly event: 'refused';
      readonly address: string;
      readonly token?: string;
      readonly status: number;
      readonly reason: string;
      readonly path: string;
    }
  | {
      readonly event: 'session-opened';
      readonly session: number;
      readonly token: string;
      readonly profile: string;
      readonly address: string;
    }
  | {
      readonly event: 'session-closed';
      readonly session: number;
      readonly token: string;
      readonly profile: string;
      readonly reason: string;
      readonly ms: number;
    }
  | {
      readonly event: 'tool-call';
      readonly session: number;
      readonly token: string;
      readonly profile: string;
      readonly server: string;
      readonly tool: string;
      readonly status: string;
      readonly ms: number;
      readonly requestBytes: number;
      readonly resultBytes: number;
    };

/** Where audit lines go. */
export interface AuditSink {
  /** One line, without its end. */
  write(line: string): void;
  /** Resolves when all of it is written. */
  close(): Promise<void>;
}

/** Characters of a text in a line; clients choose some of them. */
const longestText = 256;

/**
 * One line of JSON for each event. Everything but printable ASCII is written as an escape, so that no text of a client's can begin a
 * line, or do something to a terminal.
 */
export class Audit {
  private readonly sink: AuditSink | undefined;
  /** What anybody can cause as often as they like must not push out what bearers do, and these not each other. */
  private readonly budgets = { strangers: new Bucket(5, 100), bearers: new Bucket(50, 500) };
  private omitted = 0;

  constructor(sink: AuditSink | undefined) {
    this.sink = sink;
  }

  say(event: AuditEvent): void {
    if (this.sink === undefined) {
      return;
    }
    if (event.event === 'auth-failed' || event.event === 'refused') {
      const budget = event.event === 'refused' && event.token !== undefined ? this.budgets.bearers : this.budgets.strangers;
      if (budget.take() > 0) {
        this.omitted++;
        return;
      }
    }
    this.sayOmitted();
    this.sink.write(auditLine(event));
  }

  async close(): Promise<void> {
    this.sayOmitted();
    await this.sink?.close();
  }

  private sayOmitted(): void {
    if (this.omitted > 0) {
      this.sink?.write(auditLine({ event: 'omitted', count: this.omitted }));
      this.omitted = 0;
    }
  }
}

/** An event with its time, which comes first, as ASCII. */
export function auditLine(event: Readonly<Record<string, unknown>> & { readonly event: string }): string {
  const line = JSON.stringify({ time: new Date().toISOString(), ...event }, (_key, value: unknown) =>
    typeof value === 'string' && value.length > longestText ? `${value.slice(0, longestText)}…` : value,
  );
  return line.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
