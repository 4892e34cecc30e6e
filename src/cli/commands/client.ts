import { join, resolve } from 'node:path';

import type { Command } from 'commander';

import { connectGateway } from '../../core/codexConfig/connect.ts';
import { approvalModes, gatewayEntry, type ApprovalChoice } from '../../core/codexConfig/gatewayEntry.ts';
import { problems } from '../../core/problems.ts';
import { codexHome } from '../../node/codexHome.ts';
import { installLauncher, launcherPath } from '../../node/launcher.ts';
import { findProfile } from '../../node/profileFiles.ts';
import { readTextFile, replaceTextFile } from '../../node/textFile.ts';
import { commandLocations, ownProgram } from '../context.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, print } from '../output.ts';

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
}

interface Options {
  readonly profile: string;
  readonly global?: true;
  readonly approve: string;
  readonly dryRun?: true;
}

async function connect(client: string, options: Options): Promise<number> {
  if (client !== 'codex') {
    return complain(problems.badArgument(`The client "${client}" is not known; only codex is.`));
  }
  if (!Object.hasOwn(approvalModes, options.approve)) {
    return complain(problems.badArgument(`--approve takes ${Object.keys(approvalModes).join(', ')}, not "${options.approve}".`));
  }
  const locations = commandLocations();
  const profile = await findProfile(locations, { by: 'id', id: options.profile }, process.cwd());
  if (!profile.ok) {
    return complain(profile.problem);
  }
  const path = options.global === true ? join(codexHome(process.env), 'config.toml') : join(process.cwd(), '.codex', 'config.toml');
  const file = await readTextFile(path);
  if (!file.ok) {
    return complain(file.problem);
  }
  const wharfHome = process.env['WHARF_HOME'] ?? '';
  const entry = gatewayEntry({
    launcher: launcherPath(locations),
    profile: options.profile,
    wharfHome: wharfHome === '' ? undefined : resolve(wharfHome),
    approval: options.approve as ApprovalChoice,
  });
  const edited = connectGateway(file.value.text, entry, path);
  if (!edited.ok) {
    return complain(edited.problem);
  }
  if (options.dryRun === true) {
    process.stdout.write(edited.value.text);
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
  const written = await replaceTextFile(file.value, edited.value.text, join(locations.dataFolder, 'backups'));
  if (!written.ok) {
    return complain(written.problem);
  }
  print(`Wrote [mcp_servers.${entry.name}] to ${path}. Running Codex threads keep their old servers: start a new one.`);
  return exitCodes.ok;
}
