import { rules } from './rules/list.ts';
import { readCodexConfig } from './servers.ts';
import type { CheckContext, Finding } from './findings.ts';

/** Everything that the rules have to say about a Codex configuration file, in the order of the text. Takes any text. */
export function checkCodexConfig(text: string, context: CheckContext): readonly Finding[] {
  const config = readCodexConfig(text);
  const findings = rules.flatMap((rule) => rule.check(config, context));
  return findings.sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
}
