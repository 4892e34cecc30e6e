import { fingerprint } from './privateFile.ts';

/**
 * Looks at files now and then, as a watch on a file does not see that the folder above it was replaced, which is how secrets of
 * orchestrators change. The first look calls `changed` in any case: the files may have changed since they were read. It is not
 * called again before it is done, and must not fail.
 */
export class WatchedFiles {
  private readonly files: () => readonly string[];
  private readonly changed: () => Promise<void>;
  private readonly everyMs: number;
  private seen: string | undefined;
  private isWatching = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(files: () => readonly string[], changed: () => Promise<void>, everyMs = 1_000) {
    this.files = files;
    this.changed = changed;
    this.everyMs = everyMs;
  }

  start(): void {
    this.isWatching = true;
    this.again();
  }

  stop(): void {
    this.isWatching = false;
    clearTimeout(this.timer);
  }

  private again(): void {
    this.timer = setTimeout(() => void this.look(), this.everyMs).unref();
  }

  private async look(): Promise<void> {
    const now = await fingerprint(this.files());
    if (this.isWatching && now !== this.seen) {
      this.seen = now;
      await this.changed();
    }
    if (this.isWatching) {
      this.again();
    }
  }
}
