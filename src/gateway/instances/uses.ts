/** Who uses an instance, and for how many open requests. */
export class Uses<User> {
  /** Since when nothing was asked of it, in the clock of `performance.now`. */
  idleSince = performance.now();
  /** Requests that were answered since the start: a server without any has no state to lose. */
  served = 0;
  /** Addresses of resources that users follow: such a server is not idle. */
  readonly subscriptions = new Map<string, number>();
  private readonly users = new Map<User, number>();
  private readonly waiting = new Map<User, (() => void)[]>();
  private readonly rested: () => void;
  private busy = 0;

  /** `rested` hears when the last open request was answered. */
  constructor(rested: () => void) {
    this.rested = rested;
  }

  get openCalls(): number {
    return this.busy;
  }

  get isIdle(): boolean {
    return this.busy === 0 && this.subscriptions.size === 0;
  }

  get everyone(): readonly User[] {
    return [...this.users.keys()];
  }

  get calling(): readonly User[] {
    return [...this.users].filter(([, calls]) => calls > 0).map(([user]) => user);
  }

  callsOf(user: User): number {
    return this.users.get(user) ?? 0;
  }

  /** Resolves with the answer to the last of this user's requests. */
  whenDone(user: User): Promise<void> {
    return new Promise((resolve) => this.waiting.set(user, [...(this.waiting.get(user) ?? []), resolve]));
  }

  attach(user: User): void {
    if (!this.users.has(user)) {
      this.users.set(user, 0);
    }
  }

  detach(user: User): void {
    this.users.delete(user);
  }

  begin(user: User): void {
    this.busy++;
    this.users.set(user, (this.users.get(user) ?? 0) + 1);
  }

  end(user: User): void {
    this.served++;
    const calls = this.users.get(user);
    if (calls !== undefined) {
      this.users.set(user, calls - 1);
    }
    if (calls === 1) {
      this.waiting.get(user)?.forEach((done) => done());
      this.waiting.delete(user);
    }
    this.rest();
  }

  /** Work that no client asked for, such as lists. The returned function ends it. */
  occupy(): () => void {
    this.busy++;
    return () => this.rest();
  }

  /** A new run of the server begins. */
  renew(): void {
    this.served = 0;
    this.idleSince = performance.now();
  }

  private rest(): void {
    this.busy--;
    this.idleSince = performance.now();
    if (this.busy === 0) {
      this.rested();
    }
  }
}
