import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** How many may wait for a place before the next is refused at once. */
const queueLimit = 200;
const rememberedTurns = 1_000;

/** What wants a place. */
export interface PlaceWish {
  /** Its name, for people. */
  readonly server: string;
  /** What `limit` counts: so many copies of it may run. */
  readonly entry: string;
  readonly limit: number;
  /** The client that wants it, and how many servers may run for that client. */
  readonly who: string;
  readonly total: number;
  /** What will stand in the place. */
  readonly owner: object;
}

interface Waiting extends PlaceWish {
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

  private isFree({ entry, limit, total, who }: PlaceWish): boolean {
    return this.all < this.total && (this.byClient.get(who) ?? 0) < total && (this.taken.get(entry) ?? 0) < limit;
  }

  /** Whether all places are taken, whoever has them. */
  get isFull(): boolean {
    return this.all >= this.total;
  }

  /** A place for one more copy of a server. Fails when too many wait already, or after `patienceMs`. */
  take(wish: PlaceWish, patienceMs: number): Promise<Result<() => void>> {
    const { server } = wish;
    if (this.isFree(wish)) {
      return Promise.resolve(ok(this.grant(wish)));
    }
    if (this.waiting.length >= queueLimit) {
      return Promise.resolve(fail(problems.serversBusy(server, this.waiting.length)));
    }
    return new Promise((give) => {
      const waiting: Waiting = {
        ...wish,
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

  private grant({ entry, who }: PlaceWish): () => void {
    this.all++;
    this.taken.set(entry, (this.taken.get(entry) ?? 0) + 1);
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
        takeOne(this.taken, entry);
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
      first.give(ok(this.grant(first)));
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
