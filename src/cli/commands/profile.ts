import type { Command } from 'commander';

import { allowProfile } from '../../node/allowances.ts';
import { findProfile, listProfilesFrom } from '../../node/profileFiles.ts';
import { commandLocations } from '../context.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, print, printJson, printTable } from '../output.ts';

export function addProfileCommands(program: Command, run: RunAction): void {
  const profile = program.command('profile').description('named sets of servers');
  profile
    .command('list')
    .alias('ls')
    .description('list the profiles that apply to this folder')
    .option('--format <format>', 'human or json', 'human')
    .action(run(list));
  profile.command('allow').description('allow exactly what a project profile says now').argument('<id>').action(run(allow));
}

async function list(options: { format: string }): Promise<number> {
  const files = await listProfilesFrom(commandLocations(), process.cwd());
  const rows = files.map((file) => ({
    id: file.id,
    name: file.profile.ok ? file.profile.value.name : file.id,
    scope: file.scope,
    allowed: file.allowed,
    path: file.path,
    servers: file.profile.ok ? file.profile.value.servers.map((server) => server.name) : [],
    problem: file.profile.ok ? null : file.profile.problem,
  }));
  if (options.format === 'json') {
    printJson(rows);
  } else if (rows.length === 0) {
    print('No profile applies to this folder. Write one to .codex/profiles/NAME.yaml.');
  } else {
    printTable([
      ['ID', 'SCOPE', 'ALLOWED', 'SERVERS'],
      ...rows.map((row) => [
        row.id,
        row.scope,
        row.allowed ? 'yes' : 'no',
        row.problem === null ? row.servers.join(', ') : row.problem.message,
      ]),
    ]);
  }
  return exitCodes.ok;
}

async function allow(id: string): Promise<number> {
  const locations = commandLocations();
  const found = await findProfile(locations, { by: 'id', id }, process.cwd());
  if (!found.ok) {
    return complain(found.problem);
  }
  const file = found.value;
  if (!file.profile.ok) {
    return complain(file.profile.problem);
  }
  if (file.allowed) {
    print(`The profile ${file.path} is allowed already.`);
    return exitCodes.ok;
  }
  const allowed = await allowProfile(locations, file.path, file.text);
  if (!allowed.ok) {
    return complain(allowed.problem);
  }
  print(`Allowed ${file.path} as it is now. It starts:`);
  for (const server of file.profile.value.servers) {
    print(server.kind === 'image' ? `  ${server.name}: image ${server.image}, network ${server.network}` : `  ${server.name}: built in`);
  }
  return exitCodes.ok;
}
