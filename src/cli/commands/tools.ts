import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import { withSession } from '../context.ts';
import { formatOption, type Format } from '../options.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, note, print, printJson, printTable } from '../output.ts';

export function addToolsCommands(program: Command, run: RunAction): void {
  const tools = program.command('tools').description('the tools of a profile, through the gateway');
  tools
    .command('ls')
    .alias('list')
    .description('list them')
    .requiredOption('--profile <id>', 'the profile')
    .addOption(formatOption())
    .action(run(list));
  tools
    .command('call')
    .description('call one: wharf tools call NAME key=value …')
    .argument('<name>')
    .argument('[arguments...]')
    .requiredOption('--profile <id>', 'the profile')
    .addOption(formatOption())
    .action(run(call));
}

interface Options {
  readonly profile: string;
  readonly format: Format;
}

async function list(options: Options): Promise<number> {
  const tools = await withSession({ by: 'id', id: options.profile }, (client) => client.listTools());
  if (!tools.ok) {
    return complain(tools.problem);
  }
  if (options.format === 'json') {
    printJson(tools.value);
  } else {
    printTable(tools.value.map((tool) => [tool.name, firstSentence(tool.description ?? tool.title ?? '')]));
  }
  return exitCodes.ok;
}

async function call(name: string, pairs: readonly string[], options: Options): Promise<number> {
  const args: Record<string, unknown> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) {
      return complain(problems.badArgument(`The argument "${pair}" is not of the form key=value.`));
    }
    args[pair.slice(0, at)] = jsonOrText(pair.slice(at + 1));
  }
  const result = await withSession({ by: 'id', id: options.profile }, (client) => client.callTool(name, args));
  if (!result.ok) {
    return complain(result.problem);
  }
  const { content, isError } = result.value as { content?: readonly { type?: unknown; text?: unknown }[]; isError?: boolean };
  if (options.format === 'json') {
    printJson(result.value);
  } else {
    for (const part of content ?? []) {
      print(typeof part.text === 'string' ? part.text : `(${String(part.type)})`);
    }
  }
  if (isError === true) {
    note(`wharf: The tool "${name}" says that it failed.`);
    return exitCodes.problems;
  }
  return exitCodes.ok;
}

/** `3`, `true` and `{"a":1}` are JSON; everything else is text. */
function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function firstSentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const end = line.search(/[.!?](\s|$)/);
  return end === -1 ? line : line.slice(0, end + 1);
}
