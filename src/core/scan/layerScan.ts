import type { Allowances } from './allowance.ts';
import { asciiBytes, utf8Text, type Latin1 } from './bytes.ts';
import { contextBefore, matchAt, type CompiledRule, type CompiledRules } from './compiledRules.ts';
import { Effort, type Limits } from './effort.ts';
import { longestTail, withTail, type Form } from './encodings.ts';
import { keepStrongest, nowhere, type Found, type ScanSoFar } from './found.ts';
import { mayFollow } from './glance.ts';
import { injectedRule, notLookedAt } from './hit.ts';
import { anchorReach, LiteralSearch, type Literal } from './literals.ts';
import type { Unescaped } from './unescaped.ts';

/** One way in which the value of a secret may be written. */
export interface SecretForm extends Form {
  readonly name: string;
}

/** Text around a keyword is made in pieces of so many characters, for the next keywords too. */
const textAhead = 2_048;
const nothing: readonly never[] = [];
const strengths = { form: 2, name: 1, guess: 0 } as const;

/** Escapes that can hide a part of a secret or a keyword: of a letter by its number, and of the slash, which needs none. */
const hidingEscapes: readonly Literal[] = [
  ...Array.from('0123456789abcdefABCDEF', (digit) => String.raw`\u${digit}`),
  ...Array.from({ length: 0x5f }, (_, index) => String.raw`\/${String.fromCharCode(0x20 + index)}`),
].map((text) => ({ bytes: asciiBytes(text), anyCase: false }));

const isOfToken = new Uint8Array(256);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-:') {
  isOfToken[letter.charCodeAt(0)] = 1;
}
const slash = 0x2f;
const backslash = 0x5c;
const zero = 0x30;

/** Whether the escape at `at` may hide a part of a token: one of visible ASCII, or of a slash between other characters of a token. */
function hidesToken(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 1] !== slash) {
    const digit = bytes[at + 4] ?? 0;
    return bytes[at + 2] === zero && bytes[at + 3] === zero && digit >= 0x32 && digit <= 0x37;
  }
  const next = bytes[at + 2] ?? 0;
  return isOfToken[bytes[at - 1] ?? 0] === 1 && (isOfToken[next] === 1 || (next === backslash && bytes[at + 3] === slash));
}

/** Scans the layers of a text and collects what is in them. */
export class LayerScan {
  private readonly compiled: CompiledRules;
  private readonly forms: readonly SecretForm[];
  private readonly allowances: Allowances;
  private readonly latin1: Latin1;
  private readonly search: LiteralSearch;
  private readonly firstEscape: number;
  private readonly firstForm: number;
  /** A secret has characters that any escape may hide. */
  private readonly everyEscapeHides: boolean;
  private readonly limits: Limits;
  private effort = new Effort();
  /** From here on the layer was not looked at. */
  private cutAt = Number.POSITIVE_INFINITY;
  private found: Found[] | undefined;
  private decided = Number.POSITIVE_INFINITY;
  private text = '';
  private textStart = 0;

  constructor(compiled: CompiledRules, forms: readonly SecretForm[], allowances: Allowances, latin1: Latin1, limits: Limits) {
    this.limits = limits;
    this.compiled = compiled;
    this.forms = forms;
    this.allowances = allowances;
    this.latin1 = latin1;
    this.everyEscapeHides = forms.some(({ bytes }) => bytes.some((byte) => byte < 0x20 || byte > 0x7e || byte === backslash));
    this.firstEscape = compiled.table.literals.length;
    this.firstForm = this.firstEscape + hidingEscapes.length;
    this.search = new LiteralSearch(tableWithEscapes(compiled).extended(forms));
  }

  /** Whether anything in these bytes could be a part of a secret, or hide one. Allocates nothing. */
  isSuspicious(bytes: Uint8Array): boolean {
    const { search } = this;
    let suspicious = false;
    search.begin(bytes, bytes.length);
    while (!suspicious && search.find()) {
      const { literal } = search;
      if (literal >= this.firstEscape) {
        suspicious = literal >= this.firstForm || this.hides(bytes, search.at);
      } else {
        const from = search.at + search.lengthOf(literal);
        for (const { rule } of this.compiled.byLiteral[literal] ?? nothing) {
          suspicious ||= mayFollow(rule.glance, bytes, bytes.length, from);
        }
      }
    }
    search.finish();
    return suspicious;
  }

  private hides(bytes: Uint8Array, at: number): boolean {
    return this.everyEscapeHides || hidesToken(bytes, at);
  }

  /** Scans the last layer. Returns whether there are escapes in it. `isWhole`: nothing comes behind it. */
  scan(layers: Unescaped, isWhole: boolean): boolean {
    const { search } = this;
    const { bytes, length } = layers;
    const found: Found[] = [];
    let hasEscapes = false;
    let decided = isWhole ? length : Math.max(0, length - anchorReach - this.compiled.longestLead);
    search.begin(bytes, length);
    while (this.cutAt === Number.POSITIVE_INFINITY && search.find()) {
      const { literal, at } = search;
      if (literal >= this.firstForm) {
        if (++this.effort.hits > this.limits.mostHits) {
          this.cutBefore(at);
          break;
        }
        const form = this.forms[literal - this.firstForm];
        const end = at + search.lengthOf(literal);
        if (form?.goesOn === true && !isWhole && end + longestTail > length) {
          decided = Math.min(decided, at);
        }
        found.push({
          ...nowhere,
          rule: injectedRule,
          title: 'Secret of a server',
          secret: form?.name,
          strength: 3,
          start: at,
          end: form?.goesOn === true ? withTail(bytes, length, end) : end,
        });
      } else if (literal >= this.firstEscape) {
        hasEscapes ||= this.hides(bytes, at);
      } else {
        const undecided = this.tryRules(literal, at, layers, isWhole, found);
        decided = Math.min(decided, undecided);
      }
    }
    if (this.cutAt < length) {
      found.push({
        ...nowhere,
        rule: notLookedAt,
        title: 'More that looks like secrets than is looked at',
        strength: 4,
        start: this.cutAt,
        end: length,
      });
      this.cutAt = Number.POSITIVE_INFINITY;
    }
    decided = isWhole ? length : Math.min(decided, search.cutOff);
    search.finish();
    this.text = '';
    this.keep(layers, found, decided);
    return hasEscapes;
  }

  /** A text begins, by itself or as a part of what this was spent on. */
  begin(effort = new Effort()): void {
    this.effort = effort;
  }

  /** What begins at `at` or a little before it, and was to be found by what comes behind, was not looked at either. */
  private cutBefore(at: number): void {
    this.cutAt = Math.max(0, at - anchorReach - this.compiled.longestLead);
  }

  /** All that was found since the last time, in a text of this length. */
  result(length: number): ScanSoFar {
    const result = { found: this.found === undefined ? nothing : keepStrongest(this.found), decided: Math.min(this.decided, length) };
    this.found = undefined;
    this.decided = Number.POSITIVE_INFINITY;
    return result;
  }

  private keep(layers: Unescaped, found: readonly Found[], decided: number): void {
    const told = this.allowances.isEmpty ? found : found.filter((one) => !this.isAllowed(one, layers.bytes));
    if (told.length === 0 && decided === layers.length) {
      return;
    }
    const end: Found = { ...nowhere, start: decided, end: decided };
    layers.mapBack([...told, end]);
    this.decided = Math.min(this.decided, decided === layers.length ? Number.POSITIVE_INFINITY : end.start);
    this.found = [...(this.found ?? nothing), ...told];
  }

  private isAllowed(one: Found, bytes: Uint8Array): boolean {
    const value = utf8Text(bytes, one.start, one.end);
    return this.allowances.allow({ rule: one.rule, value, isInjected: one.secret !== undefined });
  }

  /** Where the first match begins that more bytes could change; infinite when there is none. */
  private tryRules(literal: number, at: number, layers: Unescaped, isWhole: boolean, found: Found[]): number {
    const { bytes, length } = layers;
    const behind = at + this.search.lengthOf(literal);
    let undecided = Number.POSITIVE_INFINITY;
    for (const rule of this.compiled.byLiteral[literal] ?? nothing) {
      if (!mayFollow(rule.rule.glance, bytes, length, behind)) {
        continue;
      }
      if (!isWhole && at + rule.rule.reach > length) {
        undecided = Math.min(undecided, Math.max(0, at - rule.mostLead));
      }
      const { effort, limits } = this;
      if (++effort.tries > limits.mostTries || effort.hits >= limits.mostHits) {
        this.cutBefore(at);
        return undecided;
      }
      const one = this.tryRule(rule, bytes, length, at);
      if (one !== undefined) {
        effort.hits++;
        found.push(one);
      }
    }
    return undecided;
  }

  private tryRule(compiled: CompiledRule, bytes: Uint8Array, length: number, keyword: number): Found | undefined {
    const { rule } = compiled;
    const { longestLead } = this.compiled;
    const from = Math.max(0, keyword - longestLead - contextBefore);
    const to = Math.min(length, keyword + rule.reach + 1);
    if (this.text === '' || from < this.textStart || to > this.textStart + this.text.length) {
      this.textStart = from;
      this.text = this.latin1(bytes, from, Math.min(length, to + Math.max(rule.reach, textAhead)));
    }
    const span = matchAt(compiled, this.text, keyword - this.textStart);
    if (span === undefined) {
      return undefined;
    }
    const [start, end] = [span[0] + this.textStart, span[1] + this.textStart];
    const known = rule.keywords.find((word) => start === keyword && this.text.startsWith(word, span[0])) ?? '';
    return { rule: rule.id, title: rule.title, secret: undefined, strength: strengths[rule.knows], start, end, known, length: end - start };
  }
}

const withEscapes = new WeakMap<CompiledRules, CompiledRules['table']>();

function tableWithEscapes(compiled: CompiledRules): CompiledRules['table'] {
  const table = withEscapes.get(compiled) ?? compiled.table.extended(hidingEscapes);
  withEscapes.set(compiled, table);
  return table;
}
