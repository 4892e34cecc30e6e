import { textHit, type ScanSoFar } from './found.ts';
import type { ScanHit } from './hit.ts';

/** Bytes that are decided, and what was found in them; offsets count from the first of these bytes. */
export interface ScannedBytes {
  readonly bytes: Uint8Array;
  readonly hits: readonly ScanHit[];
}

/** Bytes before those that are not decided yet, so that it is seen whether a secret begins behind a letter. */
const context = 24;
/** So many bytes are kept back at the most, whatever they look like: more than the longest secret of any rule. */
const mostHeld = 64 * 1024;
const none = new Uint8Array(0);

/** Scans text that comes in pieces: gives back what is decided, and keeps what may be the beginning of a secret. */
export class ScanStream {
  private readonly look: (bytes: Uint8Array, isWhole: boolean) => ScanSoFar;
  /** Context that was given back, and behind it what was not. */
  private kept = none;
  private given = 0;

  constructor(look: (bytes: Uint8Array, isWhole: boolean) => ScanSoFar) {
    this.look = look;
  }

  push(chunk: Uint8Array): ScannedBytes {
    return this.take(chunk, false);
  }

  /** Gives back all that is kept, as if the text ended here; more may still come. For when nothing comes for a while. */
  flush(): ScannedBytes {
    return this.take(none, true);
  }

  end(): ScannedBytes {
    const last = this.take(none, true);
    this.kept = none;
    this.given = 0;
    return last;
  }

  private take(chunk: Uint8Array, isWhole: boolean): ScannedBytes {
    const all = new Uint8Array(this.kept.length + chunk.length);
    all.set(this.kept);
    all.set(chunk, this.kept.length);
    const { found, decided } = this.look(all, isWhole);
    const fresh = found.filter(({ end }) => end > this.given);
    let until = Math.max(this.given, decided);
    // What was found is given back as a whole.
    for (const { start, end } of fresh.toReversed()) {
      until = end > until && start < until ? Math.max(this.given, start) : until;
    }
    if (all.length - until > mostHeld) {
      until = Math.max(until, all.length - mostHeld);
      until = fresh.reduce((at, { start, end }) => (start < at && end > at ? end : at), until);
    }
    const { given } = this;
    const hits = fresh
      .filter(({ end }) => end <= until)
      .map((one) => textHit({ ...one, start: Math.max(0, one.start - given), end: one.end - given }));
    const from = Math.max(0, until - context);
    this.kept = all.slice(from);
    this.given = until - from;
    return { bytes: all.subarray(given, until), hits };
  }
}
