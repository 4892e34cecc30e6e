import type { TextEdit, TextRange } from '../../shared/text.ts';
import type { GatewayStates } from './gatewayAddress.ts';

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
  /** How the gateways on this computer are that the file names by address. Absent where nobody asked them. */
  readonly gateways?: GatewayStates;
  /** Whether a variable has a value in the environment of the program that checks. Absent where that says nothing of Codex. */
  readonly isSet?: (variable: string) => boolean;
}
