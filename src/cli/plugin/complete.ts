import type { Argument, Command, Option } from 'commander';

import { visibleText } from '../../shared/visibleText.ts';

/** One thing that may stand next on a command line. */
interface Candidate {
  readonly value: string;
  readonly description: string;
}

interface Completion {
  readonly candidates: readonly Candidate[];
  /** Whether the shell may offer files as well. */
  readonly files: boolean;
}

/** Directives of cobra, which the Docker CLI and its scripts for shells understand (cobra's completions.go). */
const directives = { files: 0, noFiles: 4 } as const;

const nothing: Completion = { candidates: [], files: false };

/** Values whose words in the help stand for something that is looked up. */
export interface Lookups {
  /** Ids of the profiles that can be named here. */
  profiles(): Promise<readonly string[]>;
}

/**
 * What may stand for the last of `words`, as cobra's `__complete` prints it: a line for each candidate, with a tab before its
 * description, and a last line with what the shell shall do.
 */
export async function complete(
  program: Command,
  words: readonly string[],
  options: Lookups & { readonly descriptions: boolean },
): Promise<string> {
  const { candidates, files } = await completionOf(program, words, options);
  const toComplete = words.at(-1) ?? '';
  const lines = candidates
    .filter(({ value }) => value.startsWith(toComplete))
    .map(({ value, description }) => (options.descriptions && description !== '' ? `${value}\t${visibleText(description)}` : value));
  return [...lines, `:${files ? directives.files : directives.noFiles}`, ''].join('\n');
}

async function completionOf(program: Command, words: readonly string[], lookups: Lookups): Promise<Completion> {
  const before = words.slice(0, -1);
  const toComplete = words.at(-1) ?? '';
  const { command, expects, operands, isPlain } = standing(program, before);
  if (expects !== undefined) {
    return valuesOf(expects, lookups);
  }
  if (!isPlain && toComplete.startsWith('-')) {
    const [, name = ''] = /^(--[^=]+)=/.exec(toComplete) ?? [];
    const option = name === '' ? undefined : optionOf(command, name);
    if (option === undefined) {
      return { candidates: optionsOf(command), files: false };
    }
    const values = await valuesOf(option, lookups);
    return { ...values, candidates: values.candidates.map((one) => ({ ...one, value: `${name}=${one.value}` })) };
  }
  const commands = command.createHelp().visibleCommands(command);
  if (commands.length > 0) {
    const candidates = commands.map((one) => ({ value: one.name(), description: one.description() }));
    return operands === 0 ? { candidates, files: false } : nothing;
  }
  const { registeredArguments: known } = command;
  const argument = known[operands] ?? known.find(({ variadic }) => variadic);
  return argument === undefined ? nothing : argumentValues(argument, lookups);
}

interface Standing {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly expects: Option | undefined;
  /** How many arguments of the command came already. */
  readonly operands: number;
  /** After `--` nothing is an option any more. */
  readonly isPlain: boolean;
}

/** Where on the command line these words lead. */
function standing(program: Command, words: readonly string[]): Standing {
  let command = program;
  let expects: Option | undefined;
  let operands = 0;
  let isPlain = false;
  for (const word of words) {
    if (expects !== undefined) {
      expects = undefined;
    } else if (word === '--') {
      isPlain = true;
    } else if (!isPlain && word.startsWith('-')) {
      const option = word.includes('=') ? undefined : optionOf(command, word);
      expects = option?.required === true ? option : undefined;
    } else {
      const next: Command | undefined = operands === 0 ? commandNamed(command, word) : undefined;
      command = next ?? command;
      operands += next === undefined ? 1 : 0;
    }
  }
  return { command, expects, operands, isPlain };
}

function commandNamed(command: Command, word: string): Command | undefined {
  return command.commands.find((one) => one.name() === word || one.aliases().includes(word));
}

function optionOf(command: Command, name: string): Option | undefined {
  return command.options.find((option) => option.long === name || option.short === name);
}

function optionsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (typeof long === 'string' ? [{ value: long, description }] : []));
}

async function valuesOf(option: Option, lookups: Lookups): Promise<Completion> {
  if (option.argChoices !== undefined) {
    return plain(option.argChoices);
  }
  return option.long === '--profile' ? plain(await lookups.profiles()) : { candidates: [], files: /<file>|<path>/.test(option.flags) };
}

async function argumentValues(argument: Argument, lookups: Lookups): Promise<Completion> {
  if (argument.argChoices !== undefined) {
    return plain(argument.argChoices);
  }
  switch (argument.name()) {
    case 'profile':
    case 'id':
      return { ...plain(await lookups.profiles()), files: argument.description.includes('path') };
    case 'client':
      return plain([argument.description]);
    default:
      return { candidates: [], files: /file|path/i.test(`${argument.name()} ${argument.description}`) };
  }
}

function plain(values: readonly string[]): Completion {
  return { candidates: values.map((value) => ({ value, description: '' })), files: false };
}
