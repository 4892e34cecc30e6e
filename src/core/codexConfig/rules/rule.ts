import type { CheckContext, Finding } from '../findings.ts';
import type { CodexConfig } from '../servers.ts';

/** One thing that can be wrong with a Codex configuration file. All its findings carry its code. */
export interface Rule {
  readonly code: string;
  readonly check: (config: CodexConfig, context: CheckContext) => readonly Finding[];
}
