import type { Sealed } from './seal.ts';

interface Held {
  /** The vault's own key, and the one that it is wrapped with. */
  readonly own: Buffer;
  readonly wrapping: Buffer;
  /** What the vault's file says when its key is this one. */
  readonly wrapped: Sealed;
}

/** The key of an open vault: forgotten, and overwritten in memory, when its time is over. */
export class HeldKey {
  private held: Held | undefined;
  private untilMs: number | null = null;
  private timer: NodeJS.Timeout | undefined;

  /** When it is forgotten, in ms since the epoch; null is when the process ends. */
  get until(): number | null {
    return this.held === undefined ? null : this.untilMs;
  }

  get isHeld(): boolean {
    this.lookAtClock();
    return this.held !== undefined;
  }

  /** The vault's own key, if it is still the one of this file. */
  ownKey(wrapped: Sealed): Buffer | undefined {
    this.lookAtClock();
    return this.held?.wrapped.data === wrapped.data ? this.held.own : undefined;
  }

  get wrappingKey(): Buffer | undefined {
    this.lookAtClock();
    return this.held?.wrapping;
  }

  /** Takes both keys as its own. How long it holds them stays as it is. */
  take(own: Buffer, wrapping: Buffer, wrapped: Sealed): void {
    for (const old of [this.held?.own, this.held?.wrapping]) {
      if (old !== own && old !== wrapping) {
        old?.fill(0);
      }
    }
    this.held = { own, wrapping, wrapped };
  }

  /** From now; null is until the process ends. */
  holdFor(forMs: number | null): void {
    clearTimeout(this.timer);
    this.untilMs = forMs === null ? null : Date.now() + forMs;
    this.timer = forMs === null ? undefined : setTimeout(() => this.forget(), forMs).unref();
  }

  forget(): void {
    clearTimeout(this.timer);
    this.held?.own.fill(0);
    this.held?.wrapping.fill(0);
    this.held = undefined;
    this.untilMs = null;
  }

  /** Timers stand still while a computer sleeps. */
  private lookAtClock(): void {
    if (this.untilMs !== null && Date.now() >= this.untilMs) {
      this.forget();
    }
  }
}
