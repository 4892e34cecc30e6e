import { realpathSync, statSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

interface Watched {
  readonly watcher: FSWatcher;
  /** Which folder it was: another one may stand in its place by now. */
  readonly inode: bigint;
}

/** Folders that are watched at most: the system has a limit for all programs of a user. */
const mostFolders = 32;
/** Milliseconds of rest after which a save is over: editors write, rename, and write again. */
const restMs = 50;
/** Milliseconds that a file which changes all the time is waited for. */
const longestMs = 300;

/**
 * Hears soon when one of some files may have changed. The folders are watched and not the files, as most editors save by putting
 * a new file in the place of the old one. What a folder tells nobody of, as on some network disks, is not heard of.
 */
export class FolderEvents {
  private readonly happened: () => void;
  private readonly watched = new Map<string, Watched>();
  private names: ReadonlySet<string> = new Set();
  private timer: NodeJS.Timeout | undefined;
  private since: number | undefined;

  constructor(happened: () => void) {
    this.happened = happened;
  }

  /** From now on it is these files. Folders that are not there are passed over: call it again when they may be. */
  follow(files: readonly string[]): void {
    const places = [...new Set(files.flatMap((file) => [file, targetOf(file)]))];
    this.names = new Set(places.map((place) => basename(place)));
    const folders = new Set([...new Set(places.map((place) => dirname(place)))].slice(0, mostFolders));
    for (const [folder, { inode }] of this.watched) {
      if (!folders.has(folder) || inodeOf(folder) !== inode) {
        this.drop(folder);
      }
    }
    for (const folder of folders) {
      if (!this.watched.has(folder)) {
        this.add(folder);
      }
    }
  }

  close(): void {
    clearTimeout(this.timer);
    [...this.watched.keys()].forEach((folder) => this.drop(folder));
  }

  private add(folder: string): void {
    const inode = inodeOf(folder);
    if (inode === undefined) {
      return;
    }
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => this.hear(name));
      watcher.on('error', () => this.drop(folder));
      this.watched.set(folder, { watcher, inode });
    } catch {
      // No more watches are to be had: whoever asks now and then still sees the change.
    }
  }

  private drop(folder: string): void {
    this.watched.get(folder)?.watcher.close();
    this.watched.delete(folder);
  }

  private hear(name: string | null): void {
    // Orchestrators replace a folder whose name begins so, and the links to the files in it stay.
    if (name !== null && !this.names.has(name) && !name.startsWith('..')) {
      return;
    }
    const now = performance.now();
    this.since ??= now;
    clearTimeout(this.timer);
    const waitMs = Math.max(0, Math.min(restMs, this.since + longestMs - now));
    this.timer = setTimeout(() => {
      this.since = undefined;
      this.happened();
    }, waitMs).unref();
  }
}

function targetOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function inodeOf(folder: string): bigint | undefined {
  return statSync(folder, { bigint: true, throwIfNoEntry: false })?.ino;
}
