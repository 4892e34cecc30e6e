import type { LockView, ProfileOrigin, ServedProfile } from '../../core/profile/grants.ts';
import type { ProfileLock } from '../../core/lock/lock.ts';
import { lockPath, readLockFile } from '../../node/lockFiles.ts';
import { WatchedFiles } from '../../node/watchedFiles.ts';
import { describeProblem } from '../../shared/problem.ts';
import { ok, type Result } from '../../shared/result.ts';
import { describeError } from '../describeError.ts';

/** One for each profile, so that whoever has it sees the lock as it was read last. */
class View implements LockView {
  current: ProfileLock | null = null;
  /** How many are served with it. */
  uses = 0;
}

/** The locks of the profiles that are served, each as its file is now. */
export class ProfileLocks {
  private readonly views = new Map<string, View>();
  private readonly log: (line: string) => void;
  private readonly changed: (profilePath: string) => void;
  private readonly everyMs: number | undefined;
  private watch: WatchedFiles | undefined;
  private uses = 0;

  /** `changed` hears the path of each profile whose lock is another one now. */
  constructor(changed: (profilePath: string) => void, log: (line: string) => void, everyMs?: number) {
    this.changed = changed;
    this.log = log;
    this.everyMs = everyMs;
  }

  /** The lock of a profile. Fails where there is one and it cannot be understood: what it would forbid is not known. */
  async read({ path }: ProfileOrigin): Promise<Result<LockView>> {
    const read = await readLockFile(path);
    return read.ok ? ok(this.renewed(path, read.value.lock)) : read;
  }

  /** From now on it is kept up to date, until the returned function is called. */
  hold({ origin: { path } }: ServedProfile): () => void {
    const view = this.viewOf(path);
    view.uses += 1;
    this.uses += 1;
    if (this.uses === 1) {
      // Another one than the last, which may still be in the middle of a look.
      this.watch = new WatchedFiles(
        () => this.used().map(([held]) => lockPath(held)),
        () => this.look(),
        this.everyMs,
      );
      this.watch.start();
    }
    let isHeld = true;
    return () => {
      if (isHeld) {
        isHeld = false;
        view.uses -= 1;
        this.uses -= 1;
        if (this.uses === 0) {
          this.watch?.stop();
        }
      }
    };
  }

  close(): void {
    this.watch?.stop();
  }

  private used(): readonly (readonly [string, View])[] {
    return [...this.views].filter(([, { uses }]) => uses > 0);
  }

  private viewOf(path: string): View {
    const view = this.views.get(path) ?? new View();
    this.views.set(path, view);
    return view;
  }

  /** A lock that is broken in the middle of an edit changes nothing for those who are served. */
  private async look(): Promise<void> {
    for (const [path] of this.used()) {
      try {
        const read = await readLockFile(path);
        if (read.ok) {
          this.renewed(path, read.value.lock);
        } else {
          this.log(describeProblem(read.problem));
        }
      } catch (error) {
        this.log(describeError(error));
      }
    }
  }

  private renewed(path: string, lock: ProfileLock | null): View {
    const view = this.viewOf(path);
    if (view.current !== lock) {
      view.current = lock;
      if (view.uses > 0) {
        this.changed(path);
      }
    }
    return view;
  }
}
