import { setTimeout as pause } from 'node:timers/promises';

/**
 * Does something for each of many, once at a time: what is wanted again meanwhile, or soon after, is done once more, however
 * often it was wanted. Who wants without end is served at its pace, not theirs.
 */
export class OneAtATime<Key extends object> {
  private readonly action: (key: Key) => Promise<void>;
  private readonly restMs: number;
  private readonly running = new WeakMap<Key, 'once' | 'again'>();

  /** `action` must not reject. */
  constructor(action: (key: Key) => Promise<void>, restMs: number) {
    this.action = action;
    this.restMs = restMs;
  }

  want(key: Key): void {
    if (this.running.has(key)) {
      this.running.set(key, 'again');
    } else {
      void this.run(key);
    }
  }

  private async run(key: Key): Promise<void> {
    do {
      this.running.set(key, 'once');
      await this.action(key);
      await pause(this.restMs, undefined, { ref: false });
    } while (this.running.get(key) === 'again');
    this.running.delete(key);
  }
}
