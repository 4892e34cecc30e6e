import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import { toolCountWords } from '../../core/tools/toolCount.ts';
import { toolLines } from '../../core/tools/toolWords.ts';
import { findProfile } from '../../node/profileFiles.ts';
import type { ProfileSelection } from '../../shared/controlProtocol.ts';
import { describeProblem } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { commandLocations, openControl, withSession } from '../context.ts';
import { hiddenBy } from '../hiddenProfiles.ts';
import { formatOption, listFormatOption, type ListFormat } from '../options.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, note, noteOnce, print, printJson, printTable } from '../output.ts';
import { printValue } from '../printValue.ts';

export function addToolsCommands(program: Command, run: RunAction): void {
  const tools = program.command('tools').description('the tools of a profile, through the gateway');
  const reading = (command: Command, words: string): Command =>
    command
      .description(words)
      .option('--profile <id>', 'the profile')
      .option('--profile-file <file>', 'the profile in this file, in place of --profile')
      .addOption(listFormatOption());
  reading(tools.command('ls').alias('list'), 'list them').action(run(list));
  reading(tools.command('count'), 'how many there are').action(run(count));
  reading(tools.command('inspect').argument('<name>'), 'show one with its arguments').action(run(inspect));
  tools
    .command('call')
    .description('call one: wharf tools call NAME key=value …')
    .argument('<name>')
    .argument('[arguments...]')
    .option('--profile <id>', 'the profile')
    .option('--profile-file <file>', 'the profile in this file, in place of --profile')
    .addOption(formatOption())
    .action(run(call));
}

interface Options {
  readonly profile?: string;
  readonly profileFile?: string;
  readonly format: ListFormat;
}

/** Which profile is meant. */
function selectionOf({ profile, profileFile }: Options, command: string): Result<ProfileSelection> {
  if ((profile === undefined) === (profileFile === undefined)) {
    return fail(problems.badArgument(`"${command}" needs either --profile or --profile-file.`, command));
  }
  return ok(profileFile === undefined ? { by: 'id', id: profile ?? '' } : { by: 'file', path: profileFile });
}

async function list(options: Options): Promise<number> {
  const profile = selectionOf(options, 'wharf tools ls');
  return profile.ok ? listOf(profile.value, options.format) : complain(profile.problem);
}

async function listOf(profile: ProfileSelection, format: ListFormat): Promise<number> {
  const tools = await withSession(profile, (client) => client.listTools());
  if (!tools.ok) {
    return complain(tools.problem);
  }
  await sayWhatIsLeftOut(
    profile,
    tools.value.map(({ name }) => name),
  );
  if (format !== 'human') {
    printValue(tools.value, format);
  } else if (tools.value.length === 0) {
    note('wharf: It offers no tools.');
  } else {
    printTable(tools.value.map((tool) => [tool.name, firstSentence(tool.description ?? tool.title ?? '')]));
  }
  return exitCodes.ok;
}

async function count(options: Options): Promise<number> {
  const profile = selectionOf(options, 'wharf tools count');
  const tools = profile.ok ? await withSession(profile.value, (client) => client.listTools()) : profile;
  if (!tools.ok) {
    return complain(tools.problem);
  }
  // The words are those of Docker's command (reference: docker-gateway §1.6).
  if (options.format === 'human') {
    print(`${tools.value.length} tools`);
  } else {
    printValue({ count: tools.value.length }, options.format);
  }
  return exitCodes.ok;
}

async function inspect(name: string, options: Options): Promise<number> {
  const profile = selectionOf(options, 'wharf tools inspect');
  const tools = profile.ok ? await withSession(profile.value, (client) => client.listTools()) : profile;
  if (!tools.ok) {
    return complain(tools.problem);
  }
  const tool = tools.value.find((one) => one.name === name);
  if (tool === undefined) {
    return complain(problems.toolUnknown(name, options.profile ?? null));
  }
  if (options.format === 'human') {
    toolLines(tool).forEach(print);
  } else {
    printValue(tool, options.format);
  }
  return exitCodes.ok;
}

/** The profile's own choice may leave tools out, and may name some that no server has. */
async function sayWhatIsLeftOut(profile: ProfileSelection, offered: readonly string[]): Promise<void> {
  const locations = commandLocations();
  const found = await findProfile(locations, profile, process.cwd());
  for (const hidden of found.ok ? await hiddenBy(locations, found.value, process.cwd()) : []) {
    note(`wharf: These are of ${found.ok ? found.value.path : ''}, which hides the project's of the same id, ${hidden.path}.`);
  }
  const control = await openControl(locations);
  if (!control.ok) {
    return;
  }
  // What a server has for this client may be other than what it has for Codex: where a name is missing it is asked as Codex would.
  const servers = found.ok && found.value.profile.ok ? found.value.profile.value.servers : [];
  const isMissing = servers.some(({ tools }) => tools?.some((tool) => !offered.some((name) => name.endsWith(tool))) === true);
  const answer = await control.value.request('profile/tools', { profile, cwd: process.cwd(), discover: isMissing });
  control.value.close();
  for (const report of answer.ok ? answer.value.servers : []) {
    if (report.offered !== undefined && report.offered !== report.tools?.length) {
      note(`wharf: ${report.name}: ${toolCountWords(report)}.`);
    }
    (report.warnings ?? []).forEach((problem) => noteOnce(`wharf: ${describeProblem(problem)}`));
  }
}

async function call(name: string, pairs: readonly string[], options: Options): Promise<number> {
  const profile = selectionOf(options, 'wharf tools call');
  if (!profile.ok) {
    return complain(profile.problem);
  }
  const args: Record<string, unknown> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) {
      return complain(problems.badArgument(`The argument "${pair}" is not of the form key=value.`, 'wharf tools call'));
    }
    args[pair.slice(0, at)] = jsonOrText(pair.slice(at + 1));
  }
  const result = await withSession(profile.value, (client) => client.callTool(name, args));
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
    if (!isWithheld(content)) {
      note(`wharf: The tool "${name}" says that it failed.`);
    }
    return exitCodes.problems;
  }
  return exitCodes.ok;
}

/** Whether it is Wharf that says so: the tool may not even have heard of the call. */
function isWithheld(content: readonly { readonly text?: unknown }[] | undefined): boolean {
  const text = content?.[0]?.text;
  return typeof text === 'string' && /^\[Wharf\] .*\(WHARF_\w+\)/s.test(text);
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
