import { fingerprint } from './privateFile.ts';

/**
 * Looks at files now and then, as a watch on a file does not see that the folder above it was replaced, which is how secrets of
 * orchestrators change. `changed` is not called again before it is done.
 */
export class WatchedFiles {
  private readonly files: () => readonly string[];
  private readonly changed: () => Promise<void>;
  private readonly everyMs: number;
  private seen: string | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(files: () => readonly string[], changed: () => Promise<void>, everyMs = 1_000) {
    this.files = files;
    this.changed = changed;
    this.everyMs = everyMs;
  }

  /** To be called before the files are read for the first time: what changes from then on is seen. */
  async start(): Promise<void> {
    this.seen = await fingerprint(this.files());
    this.again();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.seen = undefined;
  }

  private again(): void {
    this.timer = setTimeout(() => void this.look(), this.everyMs).unref();
  }

  private async look(): Promise<void> {
    const now = await fingerprint(this.files());
    if (this.seen === undefined) {
      return;
    }
    if (now !== this.seen) {
      this.seen = now;
      await this.changed();
    }
    if (this.timer !== undefined) {
      this.again();
    }
  }
}
