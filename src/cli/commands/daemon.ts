import { join } from 'node:path';

import type { Command } from 'commander';

import { dockerSource, imageSource } from '../dockerMemory.ts';
import { commandLocations, openRunningControl } from '../context.ts';
import { formatOption, type Format } from '../options.ts';
import type { InstanceReport } from '../../shared/servers.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, print, printJson, printTable } from '../output.ts';

export function addDaemonCommands(program: Command, run: RunAction): void {
  const daemon = program.command('daemon').description('the process that runs the servers of all clients');
  daemon.command('status').description('show whether it runs, and for whom').addOption(formatOption()).action(run(status));
  daemon.command('stop').description('stop it and every server it runs').action(run(stop));
  daemon.command('run').description('run it in the foreground');
}

async function status(options: { format: Format }): Promise<number> {
  const locations = commandLocations();
  const { dataFolder } = locations;
  const log = join(dataFolder, 'daemon.log');
  const control = await openRunningControl(locations);
  if (!control.ok) {
    if (options.format === 'json') {
      printJson({ running: false, dataFolder, log, dockerSource: dockerSource(locations) });
    } else {
      print('The daemon is not running. It starts by itself when it is needed.');
      print(dockerSource(locations));
      imageSource(locations).forEach(print);
      printPlaces(dataFolder, log);
    }
    return exitCodes.ok;
  }
  const answer = await control.value.request('daemon/status', {});
  control.value.close();
  if (!answer.ok) {
    return complain(answer.problem);
  }
  const facts = answer.value;
  if (options.format === 'json') {
    printJson({ running: true, ...facts, log, dockerSource: dockerSource(locations) });
    return exitCodes.ok;
  }
  print(`The daemon runs: version ${facts.version}, process ${facts.pid}, Docker at ${facts.dockerEndpoint}.`);
  print(dockerSource(locations));
  imageSource(locations).forEach(print);
  printPlaces(facts.dataFolder, log);
  if (facts.sessions.length > 0) {
    printTable([
      ['SESSION', 'CLIENT', 'PROFILE', 'SINCE'],
      ...facts.sessions.map(({ id, client, profile, startedAt }) => [id, client, profile, startedAt]),
    ]);
  }
  if (facts.instances.length > 0) {
    printTable([['SERVER', 'PROFILE', 'STATE', 'SHARED BY', 'USED BY'], ...facts.instances.map(instanceRow)]);
  }
  return exitCodes.ok;
}

function instanceRow({ server, profile, state, share, sessions }: InstanceReport): readonly string[] {
  const words = state.kind === 'starting' && state.step !== undefined ? `starting: ${state.step}` : state.kind;
  return [server, profile, words, share, sessions.length === 0 ? 'nobody' : sessions.join(', ')];
}

function printPlaces(dataFolder: string, log: string): void {
  print(`Its data folder is ${dataFolder}, its log ${log}.`);
}

async function stop(): Promise<number> {
  const control = await openRunningControl(commandLocations());
  if (!control.ok) {
    print('The daemon is not running.');
    return exitCodes.ok;
  }
  const answer = await control.value.request('daemon/stop', {});
  if (!answer.ok) {
    return complain(answer.problem);
  }
  await control.value.closed;
  print('The daemon stopped.');
  return exitCodes.ok;
}
