import type { SessionSelection } from '../shared/controlProtocol.ts';

/** The options of one command line. */
export interface Values {
  /** The last value of an option that takes one. */
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  isSet(name: string): boolean;
  /** In the order in which they were given. */
  readonly profiles: readonly SessionSelection[];
}

/** Thrown by readers of options only, to leave a reader of one with one problem. */
export class Misused extends Error {}

/** The value of an option as `parse` reads it; undefined where it is not there. Throws where it is none of `words`. */
export function read<T>(values: Values, name: string, parse: (text: string) => T | undefined, words: string): T | undefined {
  const text = values.text(name);
  const value = text === undefined ? undefined : parse(text);
  if (text !== undefined && value === undefined) {
    throw new Misused(`--${name} takes ${words}, not "${text}".`);
  }
  return value;
}

export function wholeNumber(text: string, least: number, most: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined;
}
