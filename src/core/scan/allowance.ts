/** What is no secret after all, though a rule says so. Every part that is given must fit; one that names neither rule nor value fits nothing. */
export interface ScanAllowance {
  /** Id of a rule. */
  readonly rule?: string;
  /** Name of the tool whose arguments or result it is, as its server names it. */
  readonly tool?: string;
  /** SHA-256 of the value in UTF-8, in small hexadecimal: the way to name a value without writing it down. */
  readonly sha256?: string;
  /** A regular expression for the whole value; see `allowancePattern`. */
  readonly pattern?: string;
}

/** A value that was found, before it is told. */
export interface FoundValue {
  readonly rule: string;
  readonly value: string;
  /** Whether it is one that a server was given: then only its SHA-256 lets it pass. */
  readonly isInjected: boolean;
}

export type Sha256 = (text: string) => string;

const longestPattern = 200;
/** Of a longer value only its SHA-256 can be allowed. */
const longestValue = 500;

/**
 * The expression of an allowance, for the whole value; undefined where it is none, or could take long: a repeated group, a look around,
 * a back reference, or more than two repetitions without a bound are refused, since a profile may come from anywhere.
 */
export function allowancePattern(source: string): RegExp | undefined {
  const bare = source.replace(/\\./g, 'e').replace(/\[[^\]]*\]/g, 'c');
  const unbounded = bare.match(/[*+]|\{\d+,\}/g) ?? [];
  const isSafe =
    source.length <= longestPattern &&
    unbounded.length <= 2 &&
    !/\)(?:[*+?]|\{)|\(\?(?!:)|\{\d{4,}|\{\d*,\d{4,}/.test(bare) &&
    !/\\[1-9k]/.test(source);
  try {
    return isSafe ? new RegExp(`^(?:${source})$`) : undefined;
  } catch {
    return undefined;
  }
}

/** Allowances that were read once. */
export class Allowances {
  private readonly entries: readonly (ScanAllowance & { readonly expression: RegExp | undefined })[];
  private readonly sha256: Sha256 | undefined;

  /** An allowance with a pattern that `allowancePattern` refuses fits nothing; so does one by SHA-256 without a way to compute it. */
  constructor(entries: readonly ScanAllowance[], sha256: Sha256 | undefined) {
    this.entries = entries.map((entry) => ({
      ...entry,
      expression: entry.pattern === undefined ? undefined : allowancePattern(entry.pattern),
    }));
    this.sha256 = sha256;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  allow({ rule, value, isInjected }: FoundValue, tool: string | undefined): boolean {
    let hash: string | undefined;
    return this.entries.some((entry) => {
      if (entry.rule === undefined && entry.sha256 === undefined && entry.pattern === undefined) {
        return false;
      }
      if (isInjected && entry.sha256 === undefined) {
        return false;
      }
      if ((entry.rule !== undefined && entry.rule !== rule) || (entry.tool !== undefined && entry.tool !== tool)) {
        return false;
      }
      if (entry.pattern !== undefined && (value.length > longestValue || entry.expression?.test(value) !== true)) {
        return false;
      }
      return entry.sha256 === undefined || entry.sha256 === (hash ??= this.sha256?.(value));
    });
  }
}
