import type { ProfileLock } from '../../core/lock/lock.ts';
import { commandName, type LockView, type ServedProfile } from '../../core/profile/grants.ts';
import type { Profile } from '../../core/profile/profile.ts';
import * as problems from '../../core/problems.ts';
import { lockPath, readLockFile } from '../../node/lockFiles.ts';
import type { ProfileFile } from '../../node/profileFiles.ts';
import { WatchedFiles } from '../../node/watchedFiles.ts';
import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import { describeProblem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { describeError } from '../describeError.ts';

/** One for each profile, so that whoever has it sees the lock as it was read last. */
class View implements LockView {
  current: ProfileLock | null = null;
  /** How many are served with it. */
  uses = 0;
}

/** For whoever looks at servers as they are, whatever was accepted. */
export const noLock: LockView = { current: null };

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

  /**
   * The lock of a profile. Fails where there is one and it cannot be understood: what it would forbid is not known. With `--frozen`
   * it fails where there is none, too, and where the profile has not all of its servers.
   */
  async forSession({ path, scope, id }: ProfileFile, { servers }: Profile, { frozen = false }: GatewaySettings): Promise<Result<LockView>> {
    const read = await readLockFile(path);
    if (!read.ok) {
      return read;
    }
    const { lock } = read.value;
    const named = commandName({ id, origin: { path, scope } });
    if (frozen && lock === null) {
      return fail(problems.lockMissing(named, lockPath(path)));
    }
    const gone = [...(lock?.servers.keys() ?? [])].find((name) => !servers.some((server) => server.name === name));
    if (frozen && gone !== undefined) {
      return fail(problems.lockFrozen(named, gone, problems.lockServerGone(named, gone)));
    }
    return ok(this.renewed(path, lock));
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
    } else {
      this.watch?.renew();
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
