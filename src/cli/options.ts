import { InvalidArgumentError, Option } from 'commander';

/** `--format`, the same for every command that has it. */
export function formatOption(): Option {
  return new Option('--format <format>', 'how to print it').choices(['human', 'json']).default('human');
}

export type Format = 'human' | 'json';

/** `--format` of commands that Docker has as well, which gives YAML too. */
export function listFormatOption(): Option {
  return new Option('--format <format>', 'how to print it').choices(['human', 'json', 'yaml']).default('human');
}

export type ListFormat = Format | 'yaml';

/** A parser for commander: a whole number of digits alone, from 1 to `most`. */
export function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) {
      throw new InvalidArgumentError(`It takes a whole number from 1 to ${most}.`);
    }
    return value;
  };
}
