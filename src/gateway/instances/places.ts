import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** How many may wait for a place before the next is refused at once. */
const queueLimit = 200;
const rememberedTurns = 1_000;

interface Waiting {
  readonly server: string;
  readonly limit: number;
  readonly total: number;
  readonly who: string;
  readonly owner: object;
  readonly give: (place: Result<() => void>) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * The places of running servers: some in all, and some for each server. Who finds none waits; of those who wait, the client
 * whose last turn is longest ago comes first, so that one with many threads does not starve the others.
 */
export class Places {
  private readonly total: number;
  private readonly taken = new Map<string, number>();
  private readonly byClient = new Map<string, number>();
  private readonly lastTurn = new Map<string, number>();
  private waiting: Waiting[] = [];
  private all = 0;
  private turns = 0;

  constructor(total: number) {
    this.total = total;
  }

  /** What waits for places, the first come first. */
  get waitingOwners(): readonly object[] {
    return this.waiting.map(({ owner }) => owner);
  }

  private isFree({ server, limit, total, who }: Pick<Waiting, 'server' | 'limit' | 'total' | 'who'>): boolean {
    return this.all < this.total && (this.byClient.get(who) ?? 0) < total && (this.taken.get(server) ?? 0) < limit;
  }

  /** Whether all places are taken, whoever has them. */
  get isFull(): boolean {
    return this.all >= this.total;
  }

  /**
   * A place for one more copy of `server`, of which `limit` may run. `who` is the client that wants it, `owner` what will
   * stand in the place. `total` is how many servers may run for that client. Fails when too many wait already, or after `patienceMs`.
   */
  take(server: string, limit: number, total: number, who: string, owner: object, patienceMs: number): Promise<Result<() => void>> {
    if (this.isFree({ server, limit, total, who })) {
      return Promise.resolve(ok(this.grant(server, who)));
    }
    if (this.waiting.length >= queueLimit) {
      return Promise.resolve(fail(problems.serversBusy(server, this.waiting.length)));
    }
    return new Promise((give) => {
      const waiting: Waiting = {
        server,
        limit,
        total,
        who,
        owner,
        give,
        timer: setTimeout(() => {
          this.waiting = this.waiting.filter((other) => other !== waiting);
          give(fail(problems.serversBusy(server, this.waiting.length)));
        }, patienceMs).unref(),
      };
      this.waiting.push(waiting);
    });
  }

  /** Nobody waits for this owner's place any more. */
  leave(owner: object): void {
    const left = this.waiting.filter((other) => other.owner === owner);
    this.waiting = this.waiting.filter((other) => other.owner !== owner);
    for (const { server, timer, give } of left) {
      clearTimeout(timer);
      give(fail(problems.serverGone(server)));
    }
  }

  private grant(server: string, who: string): () => void {
    this.all++;
    this.taken.set(server, (this.taken.get(server) ?? 0) + 1);
    this.byClient.set(who, (this.byClient.get(who) ?? 0) + 1);
    this.lastTurn.delete(who);
    this.lastTurn.set(who, ++this.turns);
    const [longestAgo] = this.lastTurn.keys();
    if (this.lastTurn.size > rememberedTurns && longestAgo !== undefined) {
      this.lastTurn.delete(longestAgo);
    }
    let isTaken = true;
    return () => {
      if (isTaken) {
        isTaken = false;
        this.all--;
        takeOne(this.taken, server);
        takeOne(this.byClient, who);
        this.next();
      }
    };
  }

  private next(): void {
    const ready = this.waiting.filter((waiting) => this.isFree(waiting));
    const first = ready.sort((a, b) => (this.lastTurn.get(a.who) ?? 0) - (this.lastTurn.get(b.who) ?? 0))[0];
    if (first !== undefined) {
      this.waiting = this.waiting.filter((other) => other !== first);
      clearTimeout(first.timer);
      first.give(ok(this.grant(first.server, first.who)));
      this.next();
    } else if (this.waiting.length === 0 && this.all === 0) {
      this.lastTurn.clear();
    }
  }
}

function takeOne(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) {
    counts.delete(key);
  } else {
    counts.set(key, left);
  }
}
