/** Lets through so many a second on average, and at most `capacity` at once. */
export class Bucket {
  private readonly perSecond: number;
  private readonly capacity: number;
  private left: number;
  private at: number;

  /** Times are in the clock of `performance.now`. */
  constructor(perSecond: number, capacity: number, now = performance.now()) {
    this.perSecond = perSecond;
    this.capacity = capacity;
    this.left = capacity;
    this.at = now;
  }

  /** Takes one. Gives the whole seconds to wait for it: 0 where it was there. */
  take(now = performance.now()): number {
    const wait = this.wait(now);
    if (wait === 0) {
      this.left--;
    }
    return wait;
  }

  /** The whole seconds until there is one. */
  wait(now = performance.now()): number {
    if (this.perSecond === Infinity) {
      return 0;
    }
    this.left = Math.min(this.capacity, this.left + (Math.max(0, now - this.at) / 1000) * this.perSecond);
    this.at = now;
    return this.left >= 1 ? 0 : Math.ceil((1 - this.left) / this.perSecond);
  }
}
