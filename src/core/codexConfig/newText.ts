import stringify from '@iarna/toml/stringify.js';
import type { StringForm } from '../toml/syntax.ts';

/**
 * TOML text for new keys and values; a text of the user is never printed again.
 * Strings come from @iarna/toml. The rest is written here, because that package writes numbers
 * as `1_000` and `1e-7.undefined`, pads brackets, breaks long arrays with LF whatever the file
 * uses, and in whole tables puts control characters unescaped into single quotes.
 */
export type NewValue = string | number | readonly string[] | Readonly<Record<string, string>>;

/** A string in double quotes, or in single quotes where the replaced one had them and the text allows it. */
export function writeString(value: string, replaced?: StringForm): string {
  const literal = replaced === 'literal' && /^[\t -&(-~\u0080-\uffff]*$/.test(value);
  return literal ? `'${value}'` : quoted(value);
}

/** The package escapes a control character only where it stands first, and never U+007F; TOML forbids them all. */
function quoted(value: string): string {
  return stringify.value(value).replace(/\p{Cc}/gu, (found) => `\\u${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
}

/** One name of a key, bare where that is possible. */
export function writeKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : quoted(name);
}

/** A number of seconds or the like. Throws for what TOML or Codex cannot take. */
export function writeNumber(value: number): string {
  if (!Number.isFinite(value)) {
    throw new RangeError(`${value} cannot be written as a number of a configuration.`);
  }
  // Beyond that, digits without an exponent would be an integer that may not fit into 64 bits.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}

export function writeValue(value: NewValue): string {
  if (typeof value === 'string') {
    return writeString(value);
  }
  if (typeof value === 'number') {
    return writeNumber(value);
  }
  if (isList(value)) {
    return `[${value.map((item) => writeString(item)).join(', ')}]`;
  }
  const entries = Object.entries(value).map(([name, text]) => `${writeKey(name)} = ${writeString(text)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

export function isList(value: NewValue): value is readonly string[] {
  return Array.isArray(value);
}
