import { asciiBytes } from './bytes.ts';
import { LiteralTable, type Literal } from './literals.ts';
import { entropyOf, isPlaceholder } from './rules/checks.ts';
import type { ScanRule } from './rules/rule.ts';

/** A rule that can be tried at a place. */
export interface CompiledRule {
  readonly rule: ScanRule;
  readonly pattern: RegExp;
  readonly leastLead: number;
  readonly mostLead: number;
}

/** What all scanners with the same rules share. */
export interface CompiledRules {
  readonly table: LiteralTable;
  /** By number of the literal: the rules that are tried where it stands. */
  readonly byLiteral: readonly (readonly CompiledRule[])[];
  /** The most characters of any match before its keyword. */
  readonly longestLead: number;
}

/** So many characters before a match are looked at to see whether it begins there. */
export const contextBefore = 20;

/** No letter or digit but the end of an escape, of a colour of the terminal, or of a percent-encoded character. */
const leftEdges = {
  letter: String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf])|(?<=\[[0-9;]{0,12}m)|(?<=%[0-9A-Fa-f]{2}))`,
  run: String.raw`(?:(?<![\w+/-])|(?<=\\[nrtbf]))`,
  any: '',
} as const;
const rightEdges = { letter: '(?![A-Za-z0-9])', any: '' } as const;

function compileRule(rule: ScanRule): CompiledRule {
  const [leastLead, mostLead] = typeof rule.lead === 'number' ? [rule.lead, rule.lead] : rule.lead;
  const source = `${leftEdges[rule.left]}(?:${rule.pattern.source})${rightEdges[rule.right]}`;
  return { rule, pattern: new RegExp(source, `dy${rule.pattern.flags.includes('i') ? 'i' : ''}`), leastLead, mostLead };
}

const compiled = new WeakMap<readonly ScanRule[], CompiledRules>();

/** Made once for each list of rules, as it takes some milliseconds. */
export function compileRules(rules: readonly ScanRule[]): CompiledRules {
  const known = compiled.get(rules);
  if (known !== undefined) {
    return known;
  }
  const numbers = new Map<string, number>();
  const literals: Literal[] = [];
  const byLiteral: CompiledRule[][] = [];
  for (const rule of rules) {
    const one = compileRule(rule);
    const anyCase = rule.pattern.flags.includes('i');
    for (const keyword of rule.keywords) {
      const key = `${anyCase ? 'i' : ' '}${keyword}`;
      const number = numbers.get(key) ?? literals.length;
      if (number === literals.length) {
        numbers.set(key, number);
        literals.push({ bytes: asciiBytes(keyword), anyCase });
        byLiteral.push([]);
      }
      byLiteral[number]?.push(one);
    }
  }
  const made: CompiledRules = {
    table: LiteralTable.of(literals),
    byLiteral,
    longestLead: Math.max(0, ...rules.map(({ lead }) => (typeof lead === 'number' ? lead : lead[1]))),
  };
  compiled.set(rules, made);
  return made;
}

/** Where the secret is that a rule finds at a keyword, in `text`. */
export function matchAt(compiledRule: CompiledRule, text: string, keyword: number): readonly [number, number] | undefined {
  const { pattern, mostLead, leastLead } = compiledRule;
  for (let lead = Math.min(mostLead, keyword); lead >= leastLead; lead--) {
    pattern.lastIndex = keyword - lead;
    const match = pattern.exec(text);
    const span = match?.indices?.[1] ?? match?.indices?.[0];
    if (span !== undefined) {
      return isSecret(compiledRule.rule, text.slice(...span)) ? span : undefined;
    }
  }
  return undefined;
}

function isSecret(rule: ScanRule, value: string): boolean {
  return entropyOf(value) >= rule.entropy && !isPlaceholder(value) && (rule.check === undefined || rule.check(value));
}
