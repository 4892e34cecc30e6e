import { homedir } from 'node:os';
import { join } from 'node:path';

import { fingerprint } from '../../node/privateFile.ts';
import { WatchedFiles } from '../../node/watchedFiles.ts';

/** Files that have secrets of servers that run: other programs change them as well. */
export class SecretFiles {
  private readonly files: () => readonly string[];
  private readonly changed: () => Promise<void>;
  private readonly seen = new Map<string, string>();
  private readonly watch: WatchedFiles;

  /** `files` may change as servers come and go. */
  constructor(files: () => readonly string[], changed: () => Promise<void>) {
    this.files = () => [...new Set(files().map((path) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path)))];
    this.changed = changed;
    this.watch = new WatchedFiles(
      () => this.files(),
      () => this.look(),
    );
  }

  start(): void {
    this.seen.clear();
    void this.differ();
    this.watch.start();
  }

  stop(): void {
    this.watch.stop();
  }

  private async look(): Promise<void> {
    if (await this.differ()) {
      await this.changed();
    }
  }

  /** Whether one that was looked at before is another one now. */
  private async differ(): Promise<boolean> {
    const now = await Promise.all(this.files().map(async (path) => [path, await fingerprint([path])] as const));
    const isOther = now.some(([path, print]) => this.seen.has(path) && this.seen.get(path) !== print);
    this.seen.clear();
    now.forEach(([path, print]) => this.seen.set(path, print));
    return isOther;
  }
}
