import { keepRules } from './keepRules.ts';
import type { Look } from './look.ts';
import { moveRules } from './moveRules.ts';
import { fixRules } from './fixRules.ts';

/** What a rule says for: leave the server to Codex, move it to a profile, or change what is written. */
export type Side = 'keep' | 'move' | 'fix';

/** One thing that is known of servers, in the order of its weight. */
export interface AdviceRule {
  /** Stable and documented, such as `unpinned-package`. */
  readonly id: string;
  readonly side: Side;
  /** A weak rule counts only where no other one speaks. */
  readonly isWeak?: true;
  /** Why, as a sentence's end; undefined where it does not apply. */
  readonly why: (look: Look) => string | undefined;
}

export const adviceRules: readonly AdviceRule[] = [...keepRules, ...moveRules, ...fixRules];
