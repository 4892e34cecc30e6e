import { hashOf } from '../node/allowances.ts';
import type { ProfileFile } from '../node/profileFiles.ts';
import type { Problem } from '../shared/problem.ts';
import type { Admission, SessionWish } from './admission.ts';
import type { SessionChoice } from './session/session.ts';
import type { SessionFacts } from './session/sessionServers.ts';

/** What became of the profile of a client. */
export type ProfileNews =
  | { readonly kind: 'served'; readonly facts: SessionFacts }
  /** Nothing of it is served until that is mended. */
  | { readonly kind: 'withdrawn'; readonly problem: Problem }
  /** It cannot be used as it stands, so that what was served before still is. */
  | { readonly kind: 'kept'; readonly problem: Problem };

/** The profile of one client, as its file is now. */
export class LiveProfile {
  choice: SessionChoice;
  /** As it was read last; null as long as there is none. */
  file: ProfileFile | null;
  readonly wish: SessionWish;
  /** How many looks at it began, and the number of the one whose answer counts. */
  begun = 0;
  ended = 0;
  /** SHA-256 of what is served of it. */
  served: string | null;
  private readonly listeners = new Set<(news: ProfileNews) => void>();
  private last = '';

  constructor({ choice, file }: Admission, wish: SessionWish) {
    this.choice = choice;
    this.file = file;
    this.wish = wish;
    this.served = file !== null && choice.kind === 'usable' ? hashOf(file.content) : null;
  }

  /** Returns a function that stops listening. */
  follow(listener: (news: ProfileNews) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What is wrong is told once. */
  tell(news: ProfileNews): void {
    const said = news.kind === 'served' ? '' : `${news.kind} ${news.problem.message}`;
    if (news.kind !== 'served' && said === this.last) {
      return;
    }
    this.last = said;
    if (news.kind === 'served') {
      this.choice = { kind: 'usable', facts: news.facts };
    } else if (news.kind === 'withdrawn' || this.choice.kind === 'refused') {
      this.choice = { kind: 'refused', problem: news.problem };
    }
    this.listeners.forEach((listener) => listener(news));
  }
}
