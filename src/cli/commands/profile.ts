import type { Command } from 'commander';

import * as problems from '../../core/problems.ts';
import { allowProfile, wasEverAllowed } from '../../node/allowances.ts';
import { imagesNow } from '../../node/imagesNow.ts';
import type { Locations } from '../../node/locations.ts';
import { findProfile, type ProfileFile } from '../../node/profileFiles.ts';
import { summarizeProfiles } from '../../node/profileSummaries.ts';
import { allowedChange } from '../allowedChange.ts';
import { ask } from '../ask.ts';
import { askOnce, commandLocations } from '../context.ts';
import { discoverTools } from '../discoverTools.ts';
import { exportProfile } from '../exportProfile.ts';
import { literalSecrets } from '../../core/profile/literalSecrets.ts';
import { withoutSecrets } from '../../core/scan/withoutSecrets.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { describeProblem } from '../../shared/problem.ts';
import { grantLines, legendOf } from '../grants.ts';
import { hiddenBy } from '../hiddenProfiles.ts';
import { listFormatOption, type ListFormat } from '../options.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, note, print, printTable } from '../output.ts';
import { pin } from '../pin.ts';
import { printValue } from '../printValue.ts';
import { addLockCommands } from './profileLock.ts';
import { selectionOf } from '../profileSelection.ts';
import { refusedMounts } from '../refusedMounts.ts';
import { relax } from '../relax.ts';
import { addProfileSharing } from './profileSharing.ts';
import { addProfileVerbs } from './profileVerbs.ts';

export function addProfileCommands(program: Command, run: RunAction): void {
  const profile = program.command('profile').description('named sets of servers');
  profile
    .command('list')
    .alias('ls')
    .description('list the profiles that apply to this folder')
    .addOption(listFormatOption())
    .action(run(list));
  profile
    .command('allow')
    .description('show what a project profile runs, and allow exactly what it says now')
    .argument('<profile>', 'an id, or the path of a profile file')
    .option('--yes', 'do not ask; needed where there is no terminal')
    .option('--no-discover', 'do not start its servers now to learn their tools')
    .action(run(allow));
  profile
    .command('relax')
    .description('start a server, show what its container is too strict for, and write it when you agree')
    .argument('<profile>', 'an id, or the path of a profile file')
    .argument('<server>', 'the name of a server that runs in a container')
    .option('--call <tool>', 'call this tool as well, since some servers fail only then')
    .option('--args <json>', 'its arguments', '{}')
    .option('--yes', 'do not ask; needed where there is no terminal')
    .option('--dry-run', 'show the first thing that it needs, and write nothing')
    .action(run(relaxServer));
  profile
    .command('pin')
    .description('show which hosts servers with "network: learn" reached, and allow them alone when you agree')
    .argument('<profile>', 'an id, or the path of a profile file')
    .argument('[server]', 'one server; default: all that learned something')
    .option('--yes', 'do not ask; needed where there is no terminal')
    .option('--dry-run', 'show the hosts, and write nothing')
    .action(run(pinServers));
  profile
    .command('export')
    .description('write a profile to a file for others; one that holds a secret itself is refused with its place')
    .argument('<profile>', 'an id, or the path of a profile file')
    .argument('<file>', 'ends with .yaml, .yml or .json')
    .action(run((given: string, to: string) => exportProfile(commandLocations(), selectionOf(given), to)));
  addProfileVerbs(profile, run);
  addProfileSharing(profile, run);
  addLockCommands(profile, run);
}

function pinServers(given: string, server: string | undefined, options: { readonly yes?: true; readonly dryRun?: true }): Promise<number> {
  const { yes = false, dryRun = false } = options;
  return pin(commandLocations(), { given, profile: selectionOf(given), server: server ?? null, yes, dryRun });
}

interface AllowOptions {
  readonly yes?: true;
  readonly discover: boolean;
}

interface RelaxOptions {
  readonly call?: string;
  readonly args: string;
  readonly yes?: true;
  readonly dryRun?: true;
}

async function relaxServer(given: string, server: string, options: RelaxOptions): Promise<number> {
  const args = argumentsOf(options.args);
  if (args === undefined) {
    return complain(problems.badArgument('--args takes one JSON object.', 'wharf profile relax'));
  }
  const call = options.call === undefined ? null : { tool: options.call, args };
  const { yes = false, dryRun = false } = options;
  return relax(commandLocations(), { given, profile: selectionOf(given), server, yes, dryRun, call });
}

function argumentsOf(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function list(options: { format: ListFormat }): Promise<number> {
  const rows = (await summarizeProfiles(commandLocations(), process.cwd())).map(({ isPulled, servers, ...profile }) => ({
    id: profile.id,
    name: profile.name,
    scope: profile.scope,
    pulled: isPulled,
    allowed: profile.allowed,
    path: profile.path,
    servers: servers.map(({ name }) => name),
    open: servers.filter(({ isOpen }) => isOpen).map(({ name }) => name),
    problem: profile.problem,
  }));
  if (options.format !== 'human') {
    printValue(rows, options.format);
  } else if (rows.length === 0) {
    print('No profile applies to this folder. "wharf profile create --name NAME" makes one.');
  } else {
    printTable([
      ['ID', 'SCOPE', 'ALLOWED', 'SERVERS'],
      ...rows.map((row) => [
        row.id,
        row.pulled ? 'pulled' : row.scope,
        row.allowed ? 'yes' : row.scope === 'user' && !row.pulled ? 'changed' : 'no',
        row.problem === null
          ? row.servers.map((name) => (row.open.includes(name) ? `${name} (open)` : name)).join(', ')
          : row.problem.message,
      ]),
    ]);
  }
  return exitCodes.ok;
}

async function allow(given: string, options: AllowOptions): Promise<number> {
  const locations = commandLocations();
  const found = await findProfile(locations, selectionOf(given), process.cwd());
  if (!found.ok) {
    return complain(found.problem);
  }
  const file = found.value;
  if (!file.profile.ok) {
    return complain(file.profile.problem);
  }
  if (file.allowed && file.changedImages.length === 0) {
    await sayAllowed(locations, file);
    return exitCodes.ok;
  }
  if (file.changedImages.length > 0) {
    const since = file.scope === 'user' && !file.isPulled ? 'they first started' : 'you allowed it';
    print(`Since ${since}, the images of these servers changed: ${file.changedImages.join(', ')}.`);
  } else if (await wasEverAllowed(locations, file.path)) {
    const isOwn = file.scope === 'user' && !file.isPulled;
    print(`You allowed an older content of this ${isOwn ? 'profile; its catalogues say more' : 'file; it has changed'} since.`);
    (await allowedChange(locations, file))?.forEach(print);
  }
  const images = await imagesNow(file.profile.value, (params) => askOnce(locations, 'image/ids', params));
  const scanner = nodeScanner();
  // What a file should not hold is not repeated where others may read it.
  const lines = grantLines(file.profile.value, images).map((line) => withoutSecrets(line, scanner));
  const { unapprovedLines } = await import('../profileVerbs.ts');
  const closed = await unapprovedLines(locations, file.text, file.profile.value);
  const grants = [...lines, ...legendOf(lines), ...(await refusedMounts(locations, file.profile.value)), ...closed];
  if (options.yes !== true && !process.stdin.isTTY) {
    return complain(problems.consentNeeded(file.path, given, grants.join('\n')));
  }
  print(`${file.path} starts:`);
  grants.forEach(print);
  literalSecrets(file.text, file.path, scanner).forEach((problem) => note(`wharf: ${describeProblem(problem)}`));
  if (options.yes !== true && !(await ask('Allow?'))) {
    print('Nothing was allowed.');
    return exitCodes.problems;
  }
  const isOwn = file.scope === 'user' && !file.isPulled;
  const allowed = await allowProfile(locations, file.path, file.content, images, { isOwn });
  if (!allowed.ok) {
    return complain(allowed.problem);
  }
  print(`Allowed ${file.path} as it is now.`);
  await sayHidden(locations, file);
  if (options.discover) {
    await discoverTools(locations, selectionOf(given));
  }
  return exitCodes.ok;
}

async function sayAllowed(locations: Locations, file: ProfileFile): Promise<void> {
  const isOwn = file.scope === 'user' && !file.isPulled;
  print(isOwn ? `The profile ${file.path} is your own and needs no allowing.` : `The profile ${file.path} is allowed already.`);
  await sayHidden(locations, file);
}

/** Whoever allows by an id may mean the project's profile, which goes behind. */
async function sayHidden(locations: Locations, file: ProfileFile): Promise<void> {
  for (const hidden of await hiddenBy(locations, file, process.cwd())) {
    print(`It hides the project's ${hidden.path}; give that path to allow it.`);
  }
}
