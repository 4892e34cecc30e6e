import { FolderEvents } from './folderEvents.ts';
import { fingerprint } from './privateFile.ts';

/**
 * Hears of changes of files: within a tenth of a second where their folders tell of it, and otherwise by a look now and then, as
 * no watch sees that a folder further above was replaced, or what changes on some network disks. The first look calls `changed` in
 * any case: the files may have changed since they were read. It is not called again before it is done, and must not fail.
 */
export class WatchedFiles {
  private readonly files: () => readonly string[];
  private readonly changed: () => Promise<void>;
  private readonly everyMs: number;
  private readonly events = new FolderEvents(() => void this.look());
  private seen: string | undefined;
  private isWatching = false;
  private looking: 'no' | 'yes' | 'again' = 'no';
  private timer: NodeJS.Timeout | undefined;

  constructor(files: () => readonly string[], changed: () => Promise<void>, everyMs = 1_000) {
    this.files = files;
    this.changed = changed;
    this.everyMs = everyMs;
  }

  start(): void {
    this.isWatching = true;
    this.seen = undefined;
    this.again();
  }

  stop(): void {
    this.isWatching = false;
    clearTimeout(this.timer);
    this.events.close();
  }

  /** `files` gives others now. */
  renew(): void {
    if (this.isWatching) {
      this.events.follow(this.files());
    }
  }

  private again(): void {
    clearTimeout(this.timer);
    this.renew();
    this.timer = setTimeout(() => void this.look(), this.everyMs).unref();
  }

  private async look(): Promise<void> {
    if (this.looking !== 'no') {
      this.looking = 'again';
      return;
    }
    do {
      this.looking = 'yes';
      const now = await fingerprint(this.files());
      if (this.isWatching && now !== this.seen) {
        this.seen = now;
        await this.changed();
      }
    } while (this.isAgain());
    this.looking = 'no';
    if (this.isWatching) {
      this.again();
    }
  }

  private isAgain(): boolean {
    return this.isWatching && this.looking === 'again';
  }
}
