import { join } from 'node:path';

import { Option, type Command } from 'commander';

import { disconnectGateway, type ConfigEdit } from '../../core/codexConfig/connect.ts';
import { approvalModes, gatewayEntryName, type ApprovalChoice } from '../../core/codexConfig/gatewayEntry.ts';
import * as problems from '../../core/problems.ts';
import { clientKinds } from '../../core/imports/foreign.ts';
import { codexHome } from '../../node/codexHome.ts';
import { linkTarget } from '../../node/linkTarget.ts';
import { findProfile } from '../../node/profileFiles.ts';
import { staysInside } from '../../node/projectFile.ts';
import { readTextFile, replaceTextFile, type TextFile } from '../../node/textFile.ts';
import { fail, type Result } from '../../shared/result.ts';
import { askApproval } from '../askApproval.ts';
import { backupsOf, connectHttp, connectLauncher, type ConnectRequest } from '../connectCodex.ts';
import { listClients } from '../clientList.ts';
import { commandLocations } from '../context.ts';
import { isServed, leaveService } from '../httpGateway.ts';
import { listFormatOption, wholeNumber } from '../options.ts';
import { complain, exitCodes, note, print, printFile } from '../output.ts';
import { discoverTools } from '../discoverTools.ts';
import type { ImportOptions } from '../import/importServers.ts';
import type { RunAction } from '../runAction.ts';

export function addClientCommands(program: Command, run: RunAction): void {
  const client = program.command('client').description('the programs that use the gateway');
  client
    .command('connect')
    .description("write the gateway's entry into Codex's configuration; no other byte of the file changes")
    .argument('<client>', 'codex')
    .requiredOption('--profile <id>', 'the profile to serve')
    .option('-g, --global', "write the user's own configuration instead of this project's")
    .addOption(
      new Option(
        '--launcher <kind>',
        'what Codex starts: wharf, or docker, which others can use as well ("docker mcp"); http: a service of yours that it reaches (default: wharf; docker in a project, with the plugin)',
      ).choices(['wharf', 'http', 'docker']),
    )
    .option('--port <number>', 'where the service of --launcher http listens (default: 8811)', wholeNumber(65_535))
    .option(
      '--approve <mode>',
      'which tools run without asking: read-only, all or prompt; default: a question, or read-only where nobody is asked',
    )
    .option('--no-discover', 'do not start its servers now to learn their tools')
    .option('--dry-run', 'print the resulting file and write nothing')
    .action(run(connect));
  client
    .command('disconnect')
    .description("take the gateway's entry out of Codex's configuration; no other byte of the file changes")
    .argument('<client>', 'codex')
    .option('-g, --global', "write the user's own configuration instead of this project's")
    .option('--dry-run', 'print the resulting file and write nothing')
    .action(run(disconnect));
  client
    .command('ls')
    .alias('list')
    .description("the clients, and whether the gateway is in their configuration: this project's, or the user's own")
    .option('-g, --global', "look at the user's own configuration instead of this project's")
    .option('--json', 'as --format json')
    .addOption(listFormatOption())
    .action(run(listClients));
  addImport(client, run);
}

/** What reads the configurations of other programs is loaded only when it is needed. */
function addImport(client: Command, run: RunAction): void {
  client
    .command('import')
    .description('take the servers of other programs over into a profile; what cannot be carried over is said')
    .argument(
      '[files...]',
      "default: the places where the clients keep them, in this project and for you; with docker-mcp: ids of Docker's profiles",
    )
    .requiredOption('--profile <id>', 'the profile that gets them; it is made where there is none')
    .addOption(new Option('--from <program>', 'whose configuration it is').choices([...clientKinds, 'docker', 'docker-mcp']))
    .option(
      '--server <name>',
      'only this server; may be given again',
      (name: string, before: string[]) => [...before, name],
      [] as string[],
    )
    .option('--project', 'a profile of this project, and not your own')
    .option('--build', 'packages of npm and PyPI that nothing is known for are installed in a container, and become images now')
    .option('--native', 'programs that no container is known for go on running as you, with all your rights')
    .option('--yes', 'do not ask; needed where there is no terminal')
    .option('--dry-run', 'print the resulting profile and write nothing')
    .addOption(listFormatOption())
    .action(
      run(async (files: readonly string[], options: ImportOptions) => {
        const { importServers } = await import('../imports.ts');
        return importServers(commandLocations(), files, options);
      }),
    );
}

interface Options {
  readonly global?: true;
  readonly dryRun?: true;
}

interface ConnectOptions extends Options {
  readonly profile: string;
  readonly approve?: string;
  readonly launcher?: 'wharf' | 'http' | 'docker';
  readonly port?: number;
  readonly discover: boolean;
}

async function connect(client: string, options: ConnectOptions): Promise<number> {
  const misuse = misuseOf(options);
  if (misuse !== undefined) {
    return complain(problems.badArgument(misuse, 'wharf client connect'));
  }
  const locations = commandLocations();
  const file = await openConfig(client, options, 'wharf client connect');
  if (!file.ok) {
    return complain(file.problem);
  }
  const profile = await findProfile(locations, { by: 'id', id: options.profile }, process.cwd());
  if (!profile.ok) {
    return complain(profile.problem);
  }
  const isAsked = options.approve === undefined && options.dryRun !== true && process.stdin.isTTY;
  const request: ConnectRequest = {
    locations,
    file: file.value,
    profile: profile.value,
    approval: isAsked ? await askApproval() : ((options.approve ?? 'read-only') as ApprovalChoice),
    launcher: options.launcher === 'http' ? undefined : options.launcher,
    port: options.port,
    dryRun: options.dryRun === true,
  };
  const connected = await (options.launcher === 'http' ? connectHttp(request) : connectLauncher(request));
  if (!connected.ok) {
    return complain(connected.problem);
  }
  if (connected.value.kind === 'draft') {
    printFile(connected.value.text);
    return exitCodes.ok;
  }
  connected.value.words.forEach(print);
  if (options.global !== true && options.launcher === 'http') {
    print('The entry is for this machine alone: rather do not commit it, or use --global to write your own configuration.');
  }
  if (options.discover && options.launcher !== 'http' && profile.value.allowed) {
    await discoverTools(locations, { by: 'id', id: profile.value.id });
  }
  return connected.value.trouble === undefined ? exitCodes.ok : complain(connected.value.trouble);
}

/** Why the options make no sense, in words. */
function misuseOf({ approve, launcher, port }: ConnectOptions): string | undefined {
  if (approve !== undefined && !Object.hasOwn(approvalModes, approve)) {
    return `--approve takes ${Object.keys(approvalModes).join(', ')}, not "${approve}".`;
  }
  return port !== undefined && launcher !== 'http' ? '--port needs --launcher http.' : undefined;
}

async function disconnect(client: string, options: Options): Promise<number> {
  const locations = commandLocations();
  const file = await openConfig(client, options, 'wharf client disconnect');
  if (!file.ok) {
    return complain(file.problem);
  }
  const { path, text } = file.value;
  const edited = disconnectGateway(text, gatewayEntryName, path);
  if (!edited.ok) {
    return complain(edited.problem);
  }
  const isThere = edited.value.edits.length > 0;
  if (options.dryRun === true) {
    sayRemoval(path, text, edited.value);
    const served = await isServed(locations, await linkTarget(path));
    if (served.ok && served.value) {
      note('wharf: The service of the gateway would not serve it any more, and be removed when it serves nothing else.');
    }
    printFile(edited.value.text);
    return exitCodes.ok;
  }
  const written = isThere ? await replaceTextFile(file.value, edited.value.text, backupsOf(locations)) : file;
  if (!written.ok) {
    return complain(written.problem);
  }
  print(
    isThere
      ? `Removed [mcp_servers.${gatewayEntryName}] from ${path}. Running Codex threads keep their servers until they end.`
      : `${path} has no [mcp_servers.${gatewayEntryName}]; nothing was written.`,
  );
  const left = await leaveService(locations, path);
  if (!left.ok) {
    return complain(left.problem);
  }
  left.value.forEach(print);
  return exitCodes.ok;
}

/** What a dry run would take out, on stderr: the rest of the file may be empty. */
function sayRemoval(path: string, text: string, { edits, text: rest }: ConfigEdit): void {
  if (edits.length === 0) {
    note(`wharf: ${path} has no [mcp_servers.${gatewayEntryName}]; nothing would be written.`);
    return;
  }
  note(`wharf: These lines of ${path} would go${rest === '' ? ', and the file would be empty' : ', and the rest would be'}:`);
  const removed = edits.map(({ range }) => text.slice(range.start, range.end)).join('');
  removed
    .trim()
    .split(/\r?\n/)
    .forEach((line) => note(`- ${line}`));
}

/** Reads the configuration that the options mean. A project's must lie in the project; the user's own may be a link. */
async function openConfig(client: string, options: Options, command: string): Promise<Result<TextFile>> {
  if (client !== 'codex') {
    return fail(problems.badArgument(`The client "${client}" is not known; only codex is.`, command));
  }
  if (options.global === true) {
    return await readTextFile(join(codexHome(process.env), 'config.toml'));
  }
  const path = join(process.cwd(), '.codex', 'config.toml');
  const inside = await staysInside(process.cwd(), path);
  return inside.ok ? await readTextFile(path) : inside;
}
