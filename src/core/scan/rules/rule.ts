import type { Glance } from '../glance.ts';

/** One kind of secret and how it looks. Written from the formats that the issuers document. */
export interface ScanRule {
  /** That of gitleaks where it has the kind, so that findings of both can be compared. Several rules may share one. */
  readonly id: string;
  /** What it finds, for people: "GitHub personal access token". */
  readonly title: string;
  /** The rule is tried only where one of these literals is; three ASCII characters at the least. */
  readonly keywords: readonly string[];
  /** From `lead` characters before the keyword. The first group is the secret, or all where there is none. Every repetition is bounded. */
  readonly pattern: RegExp;
  /** How many characters of the match stand before the keyword: a number, or the fewest and the most. */
  readonly lead: number | readonly [number, number];
  /** The most characters that a match can have. */
  readonly reach: number;
  /** Bits for each character that the secret must have at least (Shannon): what people write as an example has fewer. */
  readonly entropy: number;
  /** Decides at last, as by a checksum in the token. */
  readonly check?: (secret: string) => boolean;
  /** Which of two rules that found the same is told: one that knows the form, one that knows the issuer's name, one that only guesses. */
  readonly knows: 'form' | 'name' | 'guess';
  /** What may not stand directly before: a letter or digit, anything of a run of Base64, or nothing is forbidden. */
  readonly left: 'letter' | 'run' | 'any';
  /** What is looked at behind the keyword before the expression is tried. */
  readonly glance: Glance;
  /** What may not stand directly behind. */
  readonly right: 'letter' | 'any';
}

interface More extends Partial<Pick<ScanRule, 'lead' | 'reach' | 'entropy' | 'check' | 'knows' | 'left' | 'right' | 'glance'>> {}

const defaults = { lead: 0, reach: 400, entropy: 2.8, knows: 'form', left: 'letter', right: 'letter', glance: 'run' } as const;

/** A secret that is known by its own form, as by a prefix. */
export function token(id: string, title: string, keywords: string | readonly string[], pattern: RegExp, more: More = {}): ScanRule {
  return { ...defaults, id, title, keywords: typeof keywords === 'string' ? [keywords] : keywords, pattern, ...more };
}

/** Between a name and its value: assignment, JSON, YAML (also `- name: X` before `value: Y`), a header, an argument. */
const between =
  /\\?["'`\]]{0,2}(?:\s{0,4}(?:=>|:=|[:=]{1,3}|,|\()\s{0,4}|,?\s{1,20}["']?value["']?\s{0,3}[:=]\s{0,3}|\s{1,3})\\?["'`]{0,3}(?:(?:bearer|token|basic|key)\s{1,2})?/
    .source;

/** A secret without a form of its own: it is one because a name of its issuer stands before it. */
export function named(id: string, title: string, words: readonly string[], value: RegExp, more: More = {}): ScanRule {
  const word = words.map((one) => one.replace(/[.+]/g, String.raw`\$&`)).join('|');
  const pattern = new RegExp(String.raw`(?:${word})[\w.-]{0,30}${between}(${value.source})`, 'i');
  return { ...defaults, id, title, keywords: words, pattern, entropy: 3, knows: 'name', left: 'any', glance: 'assigned', ...more };
}

/** Hexadecimal of an exact length, for `named`. */
export function hex(length: number): RegExp {
  return new RegExp(`[0-9a-f]{${length}}`);
}

export const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
