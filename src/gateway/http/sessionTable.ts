import type { Access } from './context.ts';

/** A session as the endpoint keeps it. */
export interface HeldSession {
  /** Whoever opened it; nobody else may use it. */
  readonly access: Access;
  readonly number: number;
  /** Whether a client is connected to it. */
  readonly isBusy: boolean;
  /** When a client was last connected, in the clock of `performance.now`. */
  readonly lastUsed: number;
  /** Called now and then, for what has to be said or forgotten after a time. */
  tick(now: number): void;
  /** Answers what is open with `reason`. Resolves when nothing is left. */
  close(reason: string): Promise<void>;
}

/** Hears of the sessions of a table. */
export interface TableListener {
  opened(session: HeldSession): void;
  closed(session: HeldSession, reason: string): void;
  failed(error: unknown): void;
}

/** The sessions of one kind, and those that are closing. */
export class SessionTable<Session extends HeldSession> {
  private readonly sessions = new Map<string, Session>();
  private readonly closing = new Set<Promise<void>>();
  private readonly listener: TableListener;

  constructor(listener: TableListener) {
    this.listener = listener;
  }

  get size(): number {
    return this.sessions.size;
  }

  get(key: string): Session | undefined {
    return this.sessions.get(key);
  }

  add(key: string, session: Session): void {
    this.sessions.set(key, session);
    this.listener.opened(session);
  }

  /** How many sessions a bearer has. */
  countOf(bearer: string): number {
    let count = 0;
    for (const { access } of this.sessions.values()) {
      count += access.bearer.id === bearer ? 1 : 0;
    }
    return count;
  }

  /** Resolves when nothing of the session is left; at once, where there is none. */
  async close(key: string, reason: string): Promise<void> {
    const session = this.sessions.get(key);
    if (session !== undefined) {
      this.sessions.delete(key);
      this.listener.closed(session, reason);
      const ended = session.close(reason).catch((error: unknown) => this.listener.failed(error));
      this.closing.add(ended);
      await ended;
      this.closing.delete(ended);
    }
  }

  tick(now: number): void {
    this.sessions.forEach((session) => session.tick(now));
  }

  /** Closes the sessions to which there is an objection. */
  sweep(objection: (session: Session) => string | undefined): void {
    for (const [key, session] of this.sessions) {
      const reason = objection(session);
      if (reason !== undefined) {
        void this.close(key, reason);
      }
    }
  }

  /** Closes the sessions that nobody has used for this long (ms). */
  expire(now: number, idleMs: number): void {
    for (const [key, session] of this.sessions) {
      if (!session.isBusy && now - session.lastUsed >= idleMs) {
        void this.close(key, 'The session was idle for too long.');
      }
    }
  }

  async closeAll(reason: string): Promise<void> {
    for (const key of this.sessions.keys()) {
      void this.close(key, reason);
    }
    await Promise.all(this.closing);
  }
}
