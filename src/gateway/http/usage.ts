import type { ServerResponse } from 'node:http';

import type { Bearer } from './bearer.ts';
import { Bucket } from './bucket.ts';
import { whenGone } from './replies.ts';

/** What one token may use at the same time, and how fast. */
export interface BearerLimits {
  /** Requests a second on average; short bursts may be twice that, and `leastBurst` at the least. */
  readonly rate: number;
  /** Requests that are not answered yet. */
  readonly requests: number;
  readonly sessions: number;
  /** Streams that clients opened with GET. */
  readonly streams: number;
}

/** A handshake is several requests at once. */
const leastBurst = 20;

/** What one token uses. */
class Usage {
  readonly bucket: Bucket;
  requests = 0;
  streams = 0;

  constructor({ rate }: BearerLimits) {
    this.bucket = new Bucket(rate, Math.max(leastBurst, rate * 2));
  }
}

/** A request that goes beyond what its token may use. */
export interface Excess {
  readonly reason: string;
  /** Seconds after which it may be made again. */
  readonly retryAfter: number;
}

/** Holds each token to its limits, so that one does not take what others need. */
export class Usages {
  private readonly limitsOf: (bearer: Bearer) => BearerLimits;
  private readonly byId = new Map<string, Usage>();

  constructor(limitsOf: (bearer: Bearer) => BearerLimits) {
    this.limitsOf = limitsOf;
  }

  /** Counts a request until its response is over. */
  admit(bearer: Bearer, kind: 'request' | 'stream', response: ServerResponse): Excess | undefined {
    const limits = this.limitsOf(bearer);
    const usage = this.of(bearer, limits);
    const wait = usage.bucket.take();
    if (wait > 0) {
      return { reason: `This token may make ${limits.rate} requests a second.`, retryAfter: wait };
    }
    const counter = kind === 'stream' ? 'streams' : 'requests';
    if (usage[counter] >= limits[counter]) {
      return {
        reason: `This token has ${limits[counter]} ${kind === 'stream' ? 'streams' : 'requests'} open, and may have no more.`,
        retryAfter: 1,
      };
    }
    usage[counter]++;
    whenGone(
      response.req,
      response,
      once(() => usage[counter]--),
    );
    return undefined;
  }

  /** Forgets tokens that are gone. */
  prune(isGone: (id: string) => boolean): void {
    for (const id of this.byId.keys()) {
      if (isGone(id)) {
        this.byId.delete(id);
      }
    }
  }

  private of(bearer: Bearer, limits: BearerLimits): Usage {
    const usage = this.byId.get(bearer.id) ?? new Usage(limits);
    this.byId.set(bearer.id, usage);
    return usage;
  }
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) {
      isDone = true;
      action();
    }
  };
}
