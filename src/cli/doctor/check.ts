import type { Problem } from '../../shared/problem.ts';

/** What came of one check. */
export type Outcome =
  | { readonly kind: 'ok'; readonly evidence: string }
  /** Works, or will; somebody should know it all the same. */
  | { readonly kind: 'warning'; readonly problem: Problem }
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** Half a sentence: an earlier check failed, or it was not asked for. */
  | { readonly kind: 'skipped'; readonly because: string };

/** One step of what must hold before Codex gets a tool, in the order in which one rests on the other. */
export interface Check {
  /** Stable, such as `docker` or `profile/dev/secrets`. */
  readonly id: string;
  readonly title: string;
  readonly outcome: Outcome;
}

export function fine(evidence: string): Outcome {
  return { kind: 'ok', evidence };
}

export function warns(problem: Problem): Outcome {
  return { kind: 'warning', problem };
}

export function fails(problem: Problem): Outcome {
  return { kind: 'failed', problem };
}

export function skips(because: string): Outcome {
  return { kind: 'skipped', because };
}

/** The one to mend first: later ones may only follow from it. */
export function firstFailed(checks: readonly Check[]): Check | undefined {
  return checks.find(({ outcome }) => outcome.kind === 'failed');
}
