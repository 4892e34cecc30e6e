import type { TextEdit, TextRange } from '../../shared/text.ts';

export type Severity = 'error' | 'warning' | 'info' | 'hint';

/** A repair that a person can choose. The edits are made against the text that was checked. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/** One thing that a rule has to say about a Codex configuration file. */
export interface Finding {
  /** Stable, kebab-case, such as `startup-timeout-low`. */
  readonly code: string;
  readonly severity: Severity;
  /** What is wrong and what Codex will do, in one or two sentences. */
  readonly message: string;
  readonly range: TextRange;
  readonly fixes: readonly Fix[];
}

/** What a rule may know besides the text. */
export interface CheckContext {
  /** A project's file is ignored by Codex for some keys. */
  readonly scope: 'user' | 'project';
}
