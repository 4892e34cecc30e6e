import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import { commandLocations } from '../context.ts';
import { listFormatOption, type ListFormat } from '../options.ts';
import { complain } from '../output.ts';
import type { RunAction } from '../runAction.ts';

const profileArgument = ['<profile>', 'an id or a name, or the path of a profile file'] as const;
const dryRun = ['--dry-run', 'show what would change, and write nothing'] as const;
const yes = ['--yes', 'do not ask before servers get folders, a user or secrets of others; needed where there is no terminal'] as const;
const server = [
  '--server <ref>',
  'such as catalog://REPOSITORY:TAG/NAME, docker://IMAGE or npx://PACKAGE; may be there several times',
] as const;

interface DryRun {
  readonly dryRun?: true;
}

/** Verbs of Docker's `profile`. What they do is loaded only when it is needed. */
export function addProfileVerbs(profile: Command, run: RunAction): void {
  addCreateAndShow(profile, run);
  addRemoveAndImport(profile, run);
  addConfigAndTools(profile, run);
  addServerVerbs(profile, run);
}

function addCreateAndShow(profile: Command, run: RunAction): void {
  profile
    .command('create')
    .description('make a profile of your own, or one of this project')
    .requiredOption('--name <name>', 'what people call it')
    .option('--id <id>', 'what commands call it; default: made of the name')
    .option(...server, collect, [])
    .option('--project', 'in .codex/profiles of this folder, for everybody who works here')
    .option('--lean', 'write only where a catalogue has each server, and look it up there with each start')
    .option(...yes)
    .option(...dryRun)
    .action(
      run(async (options: { name: string; id?: string; server: string[]; project?: true; lean?: true; yes?: true } & DryRun) => {
        const { create } = await import('../profileVerbs.ts');
        const { name, id = null, server: references, lean, project } = options;
        const [isYes, isDryRun] = [options.yes === true, options.dryRun === true];
        const request = { name, id, references, lean: lean === true, inProject: project === true, yes: isYes, dryRun: isDryRun };
        return create(commandLocations(), request);
      }),
    );
  profile
    .command('show')
    .description('print a profile as its file has it, or as JSON')
    .argument(...profileArgument)
    .addOption(listFormatOption())
    .action(
      run(async (given: string, { format }: { format: ListFormat }) => {
        const { showProfile } = await import('../profileVerbs.ts');
        return showProfile(commandLocations(), given, format);
      }),
    );
}

function addRemoveAndImport(profile: Command, run: RunAction): void {
  profile
    .command('remove')
    .alias('rm')
    .description('remove a profile and its lock; a backup is kept')
    .argument(...profileArgument)
    .option('--yes', 'do not ask; needed where there is no terminal')
    .option(...dryRun)
    .action(
      run(async (given: string, options: { yes?: true } & DryRun) => {
        const { remove } = await import('../profileVerbs.ts');
        return remove(commandLocations(), { given, yes: options.yes === true, dryRun: options.dryRun === true });
      }),
    );
  profile
    .command('import')
    .description('make a profile in a file your own; one of its id is replaced when you agree')
    .argument('<file>', 'ends with .yaml, .yml or .json, such as an export of Docker')
    .option('--replace', 'do not ask before another profile of this id is replaced')
    .option('--yes', 'do not ask before it is taken in spite of what it may do')
    .option(...dryRun)
    .action(
      run(async (path: string, options: { replace?: true; yes?: true } & DryRun) => {
        const { importProfile } = await import('../profileVerbs.ts');
        const { replace, yes } = options;
        return importProfile(commandLocations(), { path, replace: replace === true, yes: yes === true, dryRun: options.dryRun === true });
      }),
    );
  profile
    .command('revoke')
    .description('take back what you allowed of a profile that came with a project or from a registry')
    .argument(...profileArgument)
    .option(...dryRun)
    .action(
      run(async (given: string, options: DryRun) => {
        const { revokeProfile } = await import('../profileVerbs.ts');
        return revokeProfile(commandLocations(), given, options.dryRun === true);
      }),
    );
}

interface ConfigOptions extends DryRun {
  readonly set: string[];
  readonly get: string[];
  readonly del: string[];
  readonly getAll?: true;
  readonly replace?: true;
  readonly format: ListFormat;
}

interface ToolsOptions extends DryRun {
  readonly enable: string[];
  readonly disable: string[];
  readonly enableAll: string[];
  readonly disableAll: string[];
  readonly format: ListFormat;
}

function addConfigAndTools(profile: Command, run: RunAction): void {
  profile
    .command('config')
    .description("values of a server's configuration; secrets go to the vault, and the file gets references")
    .argument(...profileArgument)
    .option('--set <server.key=value>', 'JSON where it is JSON, else text; a value of - is a secret from stdin', collect, [])
    .option('--get <server.key>', 'print one', collect, [])
    .option('--get-all', 'print all, as without options')
    .option('--del <server.key>', 'take one out', collect, [])
    .option('--replace', 'do not ask before a secret that the vault has is replaced')
    .addOption(listFormatOption())
    .option(...dryRun)
    .action(
      run(async (given: string, options: ConfigOptions) => {
        const { config } = await import('../profileVerbs.ts');
        const [getAll, replace, isDryRun] = [options.getAll === true, options.replace === true, options.dryRun === true];
        return config(commandLocations(), { ...options, given, getAll, replace, dryRun: isDryRun });
      }),
    );
  profile
    .command('tools')
    .description('which tools of its servers a profile offers; without options it lists them')
    .argument(...profileArgument)
    .option('--enable <server.tool>', 'offer this one', collect, [])
    .option('--disable <server.tool>', 'do not offer this one', collect, [])
    .option('--enable-all <server>', 'offer all of a server, before --disable', collect, [])
    .option('--disable-all <server>', 'offer none of a server, before --enable', collect, [])
    .addOption(listFormatOption())
    .option(...dryRun)
    .action(
      run(async (given: string, options: ToolsOptions) => {
        const { tools } = await import('../profileVerbs.ts');
        return tools(commandLocations(), { ...options, given, dryRun: options.dryRun === true });
      }),
    );
}

interface AddOptions extends DryRun {
  readonly server: string[];
  readonly as?: string;
  readonly lean?: true;
  readonly native?: string;
  readonly base?: string;
  readonly registry?: string;
  readonly allowScripts?: true;
  readonly yes?: true;
}

function addServerVerbs(profile: Command, run: RunAction): void {
  const servers = profile.command('server').description('the servers of profiles');
  servers
    .command('add')
    .description('add servers to a profile; one of the same name is replaced, and keeps its configuration and tools')
    .argument(...profileArgument)
    .argument('[command...]', 'behind --, with --native: a command of yours')
    .option(...server, collect, [])
    .option('--as <name>', 'what the one server is called here, as for a second of its kind')
    .option('--lean', 'write only where a catalogue has it, and look it up there with each start')
    .option('--native <name>', 'a server that runs as you, outside any container, by the command behind --')
    .option('--base <image>', 'for packages: the image to install them in, and to run them on')
    .option('--registry <address>', 'for packages: another registry than the one of npm or pip')
    .option('--allow-scripts', 'for packages: they may run their install scripts, in a container')
    .option(...yes)
    .option(...dryRun)
    .action(run(addToProfile));
  servers
    .command('remove')
    .alias('rm')
    .description('take servers out of a profile')
    .argument(...profileArgument)
    .argument('[names...]')
    .option('--name <name>', 'one more name', collect, [])
    .option(...dryRun)
    .action(
      run(async (given: string, names: string[], options: { name: string[] } & DryRun) => {
        const { removeFrom } = await import('../profileVerbs.ts');
        return removeFrom(commandLocations(), given, { names: [...names, ...options.name], dryRun: options.dryRun === true });
      }),
    );
  servers
    .command('ls')
    .alias('list')
    .description('list the servers of the profiles that apply to this folder')
    .option('-f, --filter <filter>', 'name=WORD or profile=ID; may be there several times', collect, [])
    .addOption(listFormatOption())
    .action(
      run(async ({ filter, format }: { filter: string[]; format: ListFormat }) => {
        const { listServers } = await import('../profileVerbs.ts');
        return listServers(commandLocations(), filter, format);
      }),
    );
}

async function addToProfile(given: string, words: readonly string[], options: AddOptions): Promise<number> {
  const { server: references, as: alias = null, lean, native } = options;
  const command = 'wharf profile server add';
  if ((native === undefined) !== (words.length === 0)) {
    return complain(problems.badArgument('--native NAME and a command behind -- go together; other servers need --server.', command));
  }
  if (references.length === 0 && native === undefined) {
    return complain(problems.badArgument('Name the servers to add with --server, or a command with --native.', command));
  }
  const { add } = await import('../profileVerbs.ts');
  const request = { given, references, alias, lean: lean === true, native: native === undefined ? null : { name: native, words } };
  const { base, registry, allowScripts } = options;
  const packages = {
    ...(base === undefined ? {} : { base }),
    ...(registry === undefined ? {} : { registry }),
    allowScripts: allowScripts === true,
  };
  return add(commandLocations(), { ...request, yes: options.yes === true, dryRun: options.dryRun === true }, packages);
}

/** For options that may be there several times. */
function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
