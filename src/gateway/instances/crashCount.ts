/** Crashes within this time count. */
const windowMs = 60_000;
/** As many starts are tried before there is a pause. */
const patience = 5;
const pauseMs = 30_000;

/** Keeps a server that crashes at once, again and again, from being started all the time. */
export class CrashCount {
  private times: number[] = [];

  add(): void {
    const now = performance.now();
    this.times = [...this.times.filter((time) => now - time < windowMs), now];
  }

  /** Milliseconds until it is worth trying again; 0 when it is now. */
  pauseMs(): number {
    const last = this.times.at(-1);
    const isCrashing = this.times.length >= patience && last !== undefined;
    return isCrashing ? Math.max(0, pauseMs - (performance.now() - last)) : 0;
  }
}
