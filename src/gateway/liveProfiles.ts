import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import * as problems from '../core/problems.ts';
import { allowancesFile, hashOf, wasEverAllowed } from '../node/allowances.ts';
import { catalogPlaces } from '../node/catalogProfile.ts';
import type { Locations } from '../node/locations.ts';
import { profilePlaces, reloadProfile, type ProfileFile } from '../node/profileFiles.ts';
import { WatchedFiles } from '../node/watchedFiles.ts';
import { describeProblem } from '../shared/problem.ts';
import type { Admission, SessionWish } from './admission.ts';
import { describeError } from './describeError.ts';
import { LiveProfile, type ProfileNews } from './liveProfile.ts';
import type { SessionChoice } from './session/session.ts';

/** What one look came to. */
interface Seen {
  readonly news: ProfileNews;
  readonly file: ProfileFile | null;
}

export interface LiveProfilesParts {
  readonly locations: Locations;
  /** Finds the profile of a client that had none. */
  find(wish: SessionWish): Promise<Admission>;
  admit(file: ProfileFile, wish: SessionWish): Promise<SessionChoice>;
  /** More files on which it rests what is served, such as policies. */
  readonly extraFiles: readonly string[];
  /** The profile of this id may be another one now. */
  changed(profile: string): void;
  log(line: string): void;
}

/** A file that is gone may be one that is just being replaced, and what nobody allowed may be allowed in the next moment, where Wharf wrote it. */
const secondLookMs = 400;
/** A client that comes while a change is looked at may have read what was there before. */
const justChangedMs = 2_000;

/** The profiles that are served, each as its file is now: what its user changes or allows reaches clients that are there already. */
export class LiveProfiles {
  private readonly parts: LiveProfilesParts;
  private readonly open = new Set<LiveProfile>();
  private readonly watch: WatchedFiles;
  /** By path of a profile: what was wrong with it last. */
  private readonly said = new Map<string, string>();
  private changedAt = -justChangedMs;

  constructor(parts: LiveProfilesParts) {
    this.parts = parts;
    this.watch = new WatchedFiles(
      () => this.files(),
      () => this.lookAtAll(),
    );
  }

  /** Follows the profile of a client until `release`. */
  hold(admission: Admission, wish: SessionWish): LiveProfile {
    const profile = new LiveProfile(admission, wish);
    this.open.add(profile);
    if (this.open.size === 1) {
      this.watch.start();
    } else {
      this.watch.renew();
    }
    if (performance.now() - this.changedAt < justChangedMs) {
      void this.look(profile);
    }
    return profile;
  }

  release(profile: LiveProfile): void {
    this.open.delete(profile);
    if (this.open.size === 0) {
      this.said.clear();
      this.watch.stop();
    }
  }

  close(): void {
    this.watch.stop();
  }

  private files(): readonly string[] {
    const { locations, extraFiles } = this.parts;
    const read = [...this.open].flatMap(({ file, wish: { profile, cwd } }) => {
      if (profile.by === 'servers') {
        return file?.catalogFiles ?? catalogPlaces(locations, profile, cwd);
      }
      return file === null ? profilePlaces(locations, profile, cwd) : [file.path, ...file.catalogFiles];
    });
    return [...new Set([...read, allowancesFile(locations), ...extraFiles])];
  }

  private async lookAtAll(): Promise<void> {
    this.changedAt = performance.now();
    await Promise.all([...this.open].map((profile) => this.look(profile)));
    new Set([...this.open].flatMap(({ file }) => (file === null ? [] : [file.id]))).forEach((id) => this.parts.changed(id));
  }

  private async look(profile: LiveProfile): Promise<void> {
    const number = ++profile.begun;
    try {
      const { news, file } = await this.seenOf(profile);
      // One that began later may have ended before.
      if (!this.open.has(profile) || number < profile.ended) {
        return;
      }
      profile.ended = number;
      profile.file = file;
      if (news.kind === 'served') {
        profile.served = file === null ? null : hashOf(file.content);
      }
      this.say(profile, news);
      profile.tell(news);
    } catch (error) {
      this.parts.log(describeError(error));
    }
  }

  /** However many clients a profile has, the log has what is wrong once. */
  private say({ file, choice }: LiveProfile, news: ProfileNews): void {
    if (file === null) {
      return;
    }
    const { path } = file;
    const isKept = news.kind === 'kept' && choice.kind === 'usable';
    const words =
      news.kind === 'served' ? '' : `${isKept ? 'What was served before is still served: ' : ''}${describeProblem(news.problem)}`;
    const before = this.said.get(path) ?? '';
    this.said.set(path, words);
    if (words !== before) {
      this.parts.log(words === '' ? `The profile ${path} is served again as it is written.` : words);
    }
  }

  /** Nothing is withdrawn after one look. */
  private async seenOf(profile: LiveProfile): Promise<Seen> {
    const seen = await this.lookOnce(profile);
    if (seen.news.kind !== 'withdrawn' || profile.choice.kind === 'refused') {
      return seen;
    }
    await pause(secondLookMs, undefined, { ref: false });
    return this.lookOnce(profile);
  }

  private async lookOnce(profile: LiveProfile): Promise<Seen> {
    const { file: before, wish } = profile;
    if (before === null || wish.profile.by === 'servers') {
      const { file, choice } = await this.parts.find(wish);
      return { file: file ?? before, news: newsIn(choice) };
    }
    const { path } = before;
    if (!existsSync(path)) {
      return { file: before, news: { kind: 'withdrawn', problem: problems.profileGone(path) } };
    }
    const file = await reloadProfile(this.parts.locations, before);
    const news = newsIn(await this.parts.admit(file, wish));
    return news.kind === 'kept' && profile.choice.kind === 'usable' && (await this.isRevoked(profile, file))
      ? { file, news: { kind: 'withdrawn', problem: problems.profileNotAllowed(path, file.id, file.isPulled) } }
      : { file, news };
  }

  /** Whether its user took back what they allowed: that counts also while nobody can read the file. */
  private async isRevoked({ served, wish }: LiveProfile, { scope, isPulled, path }: ProfileFile): Promise<boolean> {
    const isTrusted = served !== null && served === wish.settings.trustProfile?.toLowerCase();
    return (scope === 'project' || isPulled) && !isTrusted && !(await wasEverAllowed(this.parts.locations, path));
  }
}

function newsIn(choice: SessionChoice): ProfileNews {
  if (choice.kind === 'usable') {
    return { kind: 'served', facts: choice.facts };
  }
  const isWithdrawn = ['WHARF_PROFILE_NOT_ALLOWED', 'WHARF_SERVER_NOT_APPROVED'].includes(choice.problem.code);
  return { kind: isWithdrawn ? 'withdrawn' : 'kept', problem: choice.problem };
}
