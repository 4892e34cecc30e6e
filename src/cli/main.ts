import { Command, CommanderError } from 'commander';

import * as problems from '../core/problems.ts';
import { gatewayOptions } from '../shared/gatewayOptions.ts';
import type { Problem } from '../shared/problem.ts';
import { version } from '../shared/version.ts';
import { addAdviseCommand } from './commands/advise.ts';
import { addCallsCommands } from './commands/calls.ts';
import { addCatalogCommands } from './commands/catalog.ts';
import { addCheckCommand } from './commands/check.ts';
import { addClientCommands } from './commands/client.ts';
import { addDaemonCommands } from './commands/daemon.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addHttpCommands } from './commands/http.ts';
import { addImageCommands } from './commands/image.ts';
import { addOauthCommands } from './commands/oauth.ts';
import { addPluginCommands } from './commands/plugin.ts';
import { addProfileCommands } from './commands/profile.ts';
import { addScanCommand } from './commands/scan.ts';
import { addSecretCommands } from './commands/secret.ts';
import { addToolsCommands } from './commands/tools.ts';
import { watchDockerCli } from '../node/dockerCli.ts';
import { findLocations } from '../node/locations.ts';
import { profilePathsFrom } from '../node/profileFiles.ts';
import { dockersCommand } from './dockersCommands.ts';
import { complain, exitCodes, note, print, printed, sayCommandsAs } from './output.ts';
import { addVolumeCommands } from './commands/volume.ts';
import type { RunAction } from './runAction.ts';

/** Runs one command of the command line. `name` is what people call it by. Returns the exit code when all is printed. */
export async function main(argv: readonly string[], name = 'wharf'): Promise<number> {
  sayCommandsAs(name);
  // Whoever reads us, such as "head", may have had enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      note(`wharf: What was asked for could not be written: ${error.message}.`);
    }
    process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.failed);
  });
  // As a signal would: what a command has open is closed with it.
  watchDockerCli(() => process.kill(process.pid, 'SIGTERM'));
  const code = await runCommand(argv, name);
  await printed();
  return code;
}

async function runCommand(argv: readonly string[], name: string): Promise<number> {
  const outcome = { code: exitCodes.ok as number };
  const program = new Command(name)
    .description('Runs the MCP servers of the Codex CLI in containers, behind one gateway.')
    .version(version, '-v, --version')
    .exitOverride()
    // Said as every other problem, below.
    .configureOutput({ outputError: () => undefined });
  program
    .command('version')
    .description('print the version')
    .action(() => print(version));
  addGatewayHelp(program);
  const run: RunAction =
    (action) =>
    async (...args) => {
      outcome.code = await action(...args);
    };
  for (const add of [
    addProfileCommands,
    addCatalogCommands,
    addToolsCommands,
    addCallsCommands,
    addOauthCommands,
    addClientCommands,
    addSecretCommands,
    addDaemonCommands,
    addDoctorCommand,
    addHttpCommands,
    addImageCommands,
    addCheckCommand,
    addAdviseCommand,
    addScanCommand,
    addPluginCommands,
    addVolumeCommands,
  ]) {
    add(program, run);
  }
  const [first = '', ...words] = argv;
  if (first === '__complete' || first === '__completeNoDesc') {
    return completeWords(program, words, first === '__complete');
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0
        ? exitCodes.ok
        : error.code === 'commander.help'
          ? exitCodes.failed
          : complain(misused((isUnknown(error) && dockersCommand(argv[0])) || error.message, commandOf(program, argv)));
    }
    throw error;
  }
  return outcome.code;
}

function isUnknown({ code }: CommanderError): boolean {
  return code === 'commander.unknownCommand';
}

/** Shells ask with these words, and the Docker CLI, which asks each plugin that it knows. */
async function completeWords(program: Command, words: readonly string[], descriptions: boolean): Promise<number> {
  const { complete } = await import('./plugin/plugin.ts');
  const profiles = async (): Promise<readonly string[]> => {
    const files = await profilePathsFrom(findLocations({ mayRecord: false }), process.cwd());
    return [...new Set(files.map(({ id }) => id))];
  };
  process.stdout.write(await complete(program, words, { descriptions, profiles }));
  return exitCodes.ok;
}

/** Commander's `error: unknown option '--frob'` as a sentence. */
function misused(message: string, command: string): Problem {
  const words = message.replace(/^error: /, '').trim();
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return problems.badArgument(/[.?!)]$/.test(sentence) ? sentence : `${sentence}.`, command);
}

/** The command that was meant, as far as its words are known, such as `wharf secret rm`. */
function commandOf(program: Command, argv: readonly string[]): string {
  const names = [program.name()];
  let command: Command | undefined = program;
  for (const word of argv) {
    command = command.commands.find((one) => one.name() === word);
    if (command === undefined) {
      break;
    }
    names.push(command.name());
  }
  return names.join(' ');
}

/** `gateway run` itself is started before the command line is loaded; this is only its help. */
function addGatewayHelp(program: Command): void {
  const run = program
    .command('gateway')
    .description('what Codex starts')
    .command('run')
    .description('serve a profile to an MCP client on stdio, or profiles over HTTP');
  for (const option of gatewayOptions) {
    run.option(`--${option.name}${option.value === undefined ? '' : ` <${option.value}>`}`, option.help);
  }
}
