/** A session as the endpoint keeps it. */
export interface HeldSession {
  /** Whether a client is connected to it. */
  readonly isBusy: boolean;
  /** When a client was last connected, in the clock of `performance.now`. */
  readonly lastUsed: number;
  /** Called now and then, for what has to be said or forgotten after a time. */
  tick(now: number): void;
  /** Answers what is open with `reason`. Resolves when nothing is left. */
  close(reason: string): Promise<void>;
}

/** The sessions of one kind, and those that are closing. */
export class SessionTable<Session extends HeldSession> {
  private readonly sessions = new Map<string, Session>();
  private readonly closing = new Set<Promise<void>>();
  private readonly onFailure: (error: unknown) => void;

  constructor(onFailure: (error: unknown) => void) {
    this.onFailure = onFailure;
  }

  get size(): number {
    return this.sessions.size;
  }

  get(key: string): Session | undefined {
    return this.sessions.get(key);
  }

  add(key: string, session: Session): void {
    this.sessions.set(key, session);
  }

  /** Resolves when nothing of the session is left; at once, where there is none. */
  async close(key: string, reason: string): Promise<void> {
    const session = this.sessions.get(key);
    if (session !== undefined) {
      this.sessions.delete(key);
      const ended = session.close(reason).catch(this.onFailure);
      this.closing.add(ended);
      await ended;
      this.closing.delete(ended);
    }
  }

  tick(now: number): void {
    this.sessions.forEach((session) => session.tick(now));
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
