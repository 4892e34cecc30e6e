import { Allowances, type ScanAllowance, type Sha256 } from './allowance.ts';
import { asciiBytes, latin1 as plainLatin1, utf8Text, type Latin1 } from './bytes.ts';
import { compileRules, contextBefore, matchAt, type CompiledRule, type CompiledRules } from './compiledRules.ts';
import { formsOf, whyNotMatched, type InjectedSecret } from './encodings.ts';
import { injectedRule, type ScanHit } from './hit.ts';
import { placesOf } from './jsonPlaces.ts';
import { anchorReach, LiteralSearch, type Literal } from './literals.ts';
import { keepStrongest, nowhere, textHit, hitOf, type Found, type ScanSoFar } from './found.ts';
import { allRules } from './rules/all.ts';
import type { ScanRule } from './rules/rule.ts';
import { ScanStream } from './stream.ts';
import { mapBack, unescapeInto } from './unescape.ts';

export interface ScannerOptions {
  /** Default: all that Wharf has. */
  readonly rules?: readonly ScanRule[];
  /** Values that servers were given: found in every usual encoding, by no rule and without a false alarm. */
  readonly secrets?: readonly InjectedSecret[];
  readonly allow?: readonly ScanAllowance[];
  /** For allowances by SHA-256: small hexadecimal, of the UTF-8. */
  readonly sha256?: Sha256;
  /** The platform's own way to make text of bytes, which is faster. */
  readonly latin1?: Latin1;
}

export interface ScanContext {
  /** The tool whose arguments or result it is, for allowances. */
  readonly tool?: string;
}

/** Escapes that hide letters: where one is found, the unescaped text is scanned as well. */
const hidingEscapes: readonly Literal[] = [String.raw`\u00`, String.raw`\/\/`].map((text) => ({ bytes: asciiBytes(text), anyCase: false }));
/** Text in JSON in JSON in JSON is looked into so deep. */
const mostLevels = 3;
/** Memory for unescaped text that is kept for the next message. */
const mostKept = 1024 * 1024;
/** Text around a keyword is made in pieces of so many characters, for the next keywords too. */
const textAhead = 2_048;
const backslash = 0x5c;
const nothing: readonly never[] = [];

/** Finds secrets in messages and texts. One scanner serves any number of them, one after the other. */
export class Scanner {
  /** Secrets that are too short or too common to be looked for, with the reason as a sentence's end. */
  readonly unmatched: readonly { readonly name: string; readonly reason: string }[];
  private readonly compiled: CompiledRules;
  private readonly firstEscape: number;
  private readonly firstForm: number;
  /** By number of the literal, from `firstForm`. */
  private readonly formNames: readonly string[];
  private readonly search: LiteralSearch;
  private readonly allowances: Allowances;
  private readonly latin1: Latin1;
  private readonly scratch: Uint8Array[] = [];
  private text = '';
  private textStart = 0;

  /** Costs some milliseconds the first time for a list of rules, and little afterwards. */
  constructor(options: ScannerOptions = {}) {
    this.compiled = compileRules(options.rules ?? allRules);
    this.latin1 = options.latin1 ?? plainLatin1;
    this.allowances = new Allowances(options.allow ?? [], options.sha256);
    const unmatched: { name: string; reason: string }[] = [];
    const names: string[] = [];
    const forms: Literal[] = [];
    for (const { name, value } of options.secrets ?? []) {
      const reason = whyNotMatched(value);
      if (reason !== undefined) {
        unmatched.push({ name, reason });
        continue;
      }
      for (const form of formsOf(value)) {
        forms.push(form);
        names.push(name);
      }
    }
    this.unmatched = unmatched;
    this.formNames = names;
    this.firstEscape = this.compiled.table.literals.length;
    this.firstForm = this.firstEscape + hidingEscapes.length;
    this.search = new LiteralSearch(this.compiled.table.extended([...hidingEscapes, ...forms]));
  }

  /** Scans the bytes of one JSON text, with what its strings stand for. */
  scanJson(message: Uint8Array, context: ScanContext = {}): readonly ScanHit[] {
    const found = this.look(message, { isJson: true, isWhole: true }, context).found;
    if (found.length === 0) {
      return nothing;
    }
    const places = placesOf(message, found);
    return found.map((one, index) => hitOf(one, places[index]?.pieces ?? nothing, places[index]?.pointer ?? ''));
  }

  /** Scans text in UTF-8, or whatever it is. Where it has escapes as JSON does, what they stand for is scanned too. */
  scanText(bytes: Uint8Array, context: ScanContext = {}): readonly ScanHit[] {
    return this.look(bytes, { isJson: false, isWhole: true }, context).found.map(textHit);
  }

  /** Scans text that comes in pieces. */
  stream(context: ScanContext = {}): ScanStream {
    return new ScanStream((bytes, isWhole) => this.look(bytes, { isJson: false, isWhole }, context));
  }

  private look(
    bytes: Uint8Array,
    { isJson, isWhole }: { readonly isJson: boolean; readonly isWhole: boolean },
    context: ScanContext,
  ): ScanSoFar {
    let found: readonly Found[] = nothing;
    let decided = bytes.length;
    let view = bytes;
    let length = bytes.length;
    const views: { readonly bytes: Uint8Array; readonly length: number }[] = [];
    for (let level = 0; level <= mostLevels; level++) {
      let goesOn = true;
      if (level > 0 || !isJson || bytes.indexOf(backslash) === -1) {
        const seen = this.lookAtLevel(view, length, isWhole, context);
        if (seen.found.length > 0 || seen.decided < length) {
          const end: Found | undefined = isWhole ? undefined : { ...nowhere, start: seen.decided, end: seen.decided };
          const places = end === undefined ? seen.found : [...seen.found, end];
          views.toReversed().forEach((below) => mapBack(below.bytes, below.length, places));
          decided = Math.min(decided, end?.start ?? decided);
          found = seen.found.length === 0 ? found : [...found, ...seen.found];
        }
        goesOn = seen.hasEscapes;
      }
      if (!goesOn || level === mostLevels) {
        break;
      }
      views.push({ bytes: view, length });
      const into = this.room(level, length);
      length = unescapeInto(view, length, into);
      view = into;
    }
    this.letGo();
    return { found: keepStrongest(found), decided };
  }

  private lookAtLevel(bytes: Uint8Array, length: number, isWhole: boolean, context: ScanContext) {
    const { search } = this;
    let found: Found[] | undefined;
    let hasEscapes = false;
    let decided = isWhole ? length : Math.max(0, length - anchorReach - this.compiled.longestLead);
    this.text = '';
    search.begin(bytes, length);
    while (search.find()) {
      const { literal, at } = search;
      if (literal >= this.firstForm) {
        const name = this.formNames[literal - this.firstForm] ?? '';
        const end = at + search.lengthOf(literal);
        (found ??= []).push({ ...nowhere, rule: injectedRule, title: 'Secret of a server', secret: name, strength: 3, start: at, end });
      } else if (literal >= this.firstEscape) {
        hasEscapes = true;
      } else {
        for (const rule of this.compiled.byLiteral[literal] ?? nothing) {
          if (!isWhole && at + rule.rule.reach > length) {
            decided = Math.min(decided, Math.max(0, at - rule.mostLead));
          }
          const one = this.tryRule(rule, bytes, length, at);
          if (one !== undefined) {
            (found ??= []).push(one);
          }
        }
      }
    }
    decided = isWhole ? length : Math.min(decided, search.cutOff);
    const told = found === undefined || this.allowances.isEmpty ? found : found.filter((one) => !this.isAllowed(one, bytes, context));
    return { found: told ?? nothing, decided, hasEscapes };
  }

  private isAllowed(one: Found, bytes: Uint8Array, context: ScanContext): boolean {
    const value = utf8Text(bytes, one.start, one.end);
    return this.allowances.allow({ rule: one.rule, value, isInjected: one.secret !== undefined }, context.tool);
  }

  private tryRule(compiled: CompiledRule, bytes: Uint8Array, length: number, keyword: number): Found | undefined {
    const { rule, mostLead } = compiled;
    const from = Math.max(0, keyword - mostLead - contextBefore);
    const to = Math.min(length, keyword + rule.reach + 1);
    if (this.text === '' || from < this.textStart || to > this.textStart + this.text.length) {
      this.textStart = from;
      this.text = this.latin1(bytes, from, Math.min(length, Math.max(to, from + textAhead)));
    }
    const span = matchAt(compiled, this.text, keyword - this.textStart);
    if (span === undefined) {
      return undefined;
    }
    const [start, end] = [span[0] + this.textStart, span[1] + this.textStart];
    const known = rule.keywords.find((word) => start === keyword && this.text.startsWith(word, span[0])) ?? '';
    const strength = { form: 2, name: 1, guess: 0 }[rule.knows];
    return { rule: rule.id, title: rule.title, secret: undefined, strength, start, end, known, length: end - start };
  }

  private room(level: number, length: number): Uint8Array {
    const kept = this.scratch[level];
    if (kept !== undefined && kept.length >= length) {
      return kept;
    }
    return (this.scratch[level] = new Uint8Array(Math.max(length, 4_096)));
  }

  /** Nothing of a message stays in memory longer than the next small one needs its room. */
  private letGo(): void {
    this.search.finish();
    this.text = '';
    this.scratch.forEach((room, level) => {
      if (room.length > mostKept) {
        this.scratch[level] = new Uint8Array(0);
      }
    });
  }
}
