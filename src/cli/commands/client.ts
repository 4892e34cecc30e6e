import { join, resolve } from 'node:path';

import type { Command } from 'commander';

import { connectGateway, disconnectGateway, type ConfigEdit } from '../../core/codexConfig/connect.ts';
import { approvalModes, gatewayEntry, gatewayEntryName, type ApprovalChoice } from '../../core/codexConfig/gatewayEntry.ts';
import { problems } from '../../core/problems.ts';
import { codexHome } from '../../node/codexHome.ts';
import { installLauncher, launcherPath } from '../../node/launcher.ts';
import { findProfile, type ProfileFile } from '../../node/profileFiles.ts';
import { staysInside } from '../../node/projectFile.ts';
import { readTextFile, replaceTextFile, type TextFile } from '../../node/textFile.ts';
import { describeProblem } from '../../shared/problem.ts';
import { fail, type Result } from '../../shared/result.ts';
import { commandLocations, ownProgram } from '../context.ts';
import { hiddenBy } from '../hiddenProfiles.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, note, print, printFile } from '../output.ts';

export function addClientCommands(program: Command, run: RunAction): void {
  const client = program.command('client').description('the programs that use the gateway');
  client
    .command('connect')
    .description("write the gateway's entry into Codex's configuration; no other byte of the file changes")
    .argument('<client>', 'codex')
    .requiredOption('--profile <id>', 'the profile to serve')
    .option('--global', "write the user's own configuration instead of this project's")
    .option('--approve <mode>', 'which tools run without asking: read-only, all or prompt', 'read-only')
    .option('--dry-run', 'print the resulting file and write nothing')
    .action(run(connect));
  client
    .command('disconnect')
    .description("take the gateway's entry out of Codex's configuration; no other byte of the file changes")
    .argument('<client>', 'codex')
    .option('--global', "write the user's own configuration instead of this project's")
    .option('--dry-run', 'print the resulting file and write nothing')
    .action(run(disconnect));
}

interface Options {
  readonly global?: true;
  readonly dryRun?: true;
}

interface ConnectOptions extends Options {
  readonly profile: string;
  readonly approve: string;
}

async function connect(client: string, options: ConnectOptions): Promise<number> {
  if (!Object.hasOwn(approvalModes, options.approve)) {
    return complain(problems.badArgument(`--approve takes ${Object.keys(approvalModes).join(', ')}, not "${options.approve}".`));
  }
  const locations = commandLocations();
  const file = await openConfig(client, options);
  if (!file.ok) {
    return complain(file.problem);
  }
  const profile = await findProfile(locations, { by: 'id', id: options.profile }, process.cwd());
  if (!profile.ok) {
    return complain(profile.problem);
  }
  const wharfHome = process.env['WHARF_HOME'] ?? '';
  const entry = gatewayEntry({
    launcher: launcherPath(locations),
    profile: options.profile,
    wharfHome: wharfHome === '' ? undefined : resolve(wharfHome),
    approval: options.approve as ApprovalChoice,
  });
  const { path, text } = file.value;
  const edited = connectGateway(text, entry, path);
  if (!edited.ok) {
    return complain(edited.problem);
  }
  await explain(profile.value);
  if (options.dryRun === true) {
    printFile(edited.value.text);
    return exitCodes.ok;
  }
  const launcher = await installLauncher(locations, ownProgram());
  if (!launcher.ok) {
    return complain(launcher.problem);
  }
  if (edited.value.edits.length === 0) {
    print(`${path} has this entry already; nothing was written.`);
    return exitCodes.ok;
  }
  return await write(file.value, edited.value, [
    `Wrote [mcp_servers.${entry.name}] to ${path}. Running Codex threads keep their old servers: start a new one.`,
    ...(options.global === true
      ? []
      : ["The entry names this machine's launcher: rather do not commit it, or use --global to write your own configuration."]),
  ]);
}

async function disconnect(client: string, options: Options): Promise<number> {
  const file = await openConfig(client, options);
  if (!file.ok) {
    return complain(file.problem);
  }
  const { path, text } = file.value;
  const edited = disconnectGateway(text, gatewayEntryName, path);
  if (!edited.ok) {
    return complain(edited.problem);
  }
  if (options.dryRun === true) {
    printFile(edited.value.text);
    return exitCodes.ok;
  }
  if (edited.value.edits.length === 0) {
    print(`${path} has no [mcp_servers.${gatewayEntryName}]; nothing was written.`);
    return exitCodes.ok;
  }
  return await write(file.value, edited.value, [
    `Removed [mcp_servers.${gatewayEntryName}] from ${path}. Running Codex threads keep their servers until they end.`,
  ]);
}

/** Reads the configuration that the options mean. A project's must lie in the project; the user's own may be a link. */
async function openConfig(client: string, options: Options): Promise<Result<TextFile>> {
  if (client !== 'codex') {
    return fail(problems.badArgument(`The client "${client}" is not known; only codex is.`));
  }
  if (options.global === true) {
    return await readTextFile(join(codexHome(process.env), 'config.toml'));
  }
  const path = join(process.cwd(), '.codex', 'config.toml');
  const inside = await staysInside(process.cwd(), path);
  return inside.ok ? await readTextFile(path) : inside;
}

async function write(file: TextFile, edited: ConfigEdit, words: readonly string[]): Promise<number> {
  const written = await replaceTextFile(file, edited.text, join(commandLocations().dataFolder, 'backups'));
  if (!written.ok) {
    return complain(written.problem);
  }
  words.forEach(print);
  return exitCodes.ok;
}

/** Which file the entry will serve, and what keeps it from doing so. */
async function explain(profile: ProfileFile): Promise<void> {
  note(`wharf: The profile "${profile.id}" is ${profile.path}.`);
  for (const hidden of await hiddenBy(commandLocations(), profile, process.cwd())) {
    note(`wharf: Your own profile hides the project's of the same id, ${hidden.path}.`);
  }
  if (!profile.profile.ok) {
    note(`wharf: It cannot be used yet: ${describeProblem(profile.profile.problem)}`);
  } else if (!profile.allowed) {
    note(`wharf: You have not allowed its content yet, so it offers no tools. Run "wharf profile allow ${profile.id}".`);
  }
}
