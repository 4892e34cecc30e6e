/**
 * What is no secret after all, though a rule says so: whatever one rule finds, or one value, by its SHA-256 in UTF-8 and small
 * hexadecimal, which names it without writing it down.
 */
export type ScanAllowance = { readonly rule: string } | { readonly sha256: string };

/** A value that was found, before it is told. */
export interface FoundValue {
  readonly rule: string;
  readonly value: string;
  /** Whether it is one that a server was given: then only its SHA-256 lets it pass. */
  readonly isInjected: boolean;
}

export type Sha256 = (text: string) => string;

/** Allowances that were read once. */
export class Allowances {
  private readonly rules: ReadonlySet<string>;
  private readonly values: ReadonlySet<string>;
  private readonly sha256: Sha256 | undefined;

  /** Without a way to compute it, one by SHA-256 fits nothing. */
  constructor(entries: readonly ScanAllowance[], sha256: Sha256 | undefined) {
    this.rules = new Set(entries.flatMap((entry) => ('rule' in entry ? [entry.rule] : [])));
    this.values = new Set(entries.flatMap((entry) => ('sha256' in entry ? [entry.sha256] : [])));
    this.sha256 = sha256;
  }

  get isEmpty(): boolean {
    return this.rules.size === 0 && this.values.size === 0;
  }

  allow({ rule, value, isInjected }: FoundValue): boolean {
    const isOfRule = !isInjected && this.rules.has(rule);
    return isOfRule || (this.values.size > 0 && this.sha256 !== undefined && this.values.has(this.sha256(value)));
  }
}
