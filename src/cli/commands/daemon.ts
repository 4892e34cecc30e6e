import { join } from 'node:path';

import type { Command } from 'commander';

import { dockerSource, imageSource } from '../dockerMemory.ts';
import { commandLocations, openOtherControls, openRunningControl } from '../context.ts';
import type { Locations } from '../../node/locations.ts';
import { formatOption, type Format } from '../options.ts';
import type { JournalReport } from '../../shared/controlProtocol.ts';
import { describeProblem } from '../../shared/problem.ts';
import type { InstanceReport } from '../../shared/servers.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, note, print, printJson, printTable } from '../output.ts';

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
  await sayOthers(locations);
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
  if (facts.journal !== undefined) {
    printJournal(facts.journal);
  }
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

function instanceRow({ server, profile, state, share, sessions, isOpen }: InstanceReport): readonly string[] {
  const words = state.kind === 'starting' && state.step !== undefined ? `starting: ${state.step}` : state.kind;
  return [isOpen === true ? `${server} (open)` : server, profile, words, share, sessions.length === 0 ? 'nobody' : sessions.join(', ')];
}

function printJournal({ file, bytes, dropped, problem }: JournalReport): void {
  const size = bytes === null ? '' : ` (${bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`})`;
  print(`Calls are kept in ${file}${size}.`);
  if (dropped > 0) {
    print(`${dropped === 1 ? 'One call of this daemon is' : `${dropped} calls of this daemon are`} missing there.`);
  }
  if (problem !== null) {
    print(describeProblem(problem));
  }
}

function printPlaces(dataFolder: string, log: string): void {
  print(`Its data folder is ${dataFolder}, its log ${log}.`);
}

/** Where DOCKER_HOST changed, the daemon of before goes on for its clients until it is stopped. */
async function sayOthers(locations: Locations): Promise<void> {
  for (const control of await openOtherControls(locations)) {
    const answer = await control.request('daemon/status', {});
    control.close();
    if (answer.ok) {
      const { pid, dockerEndpoint, sessions } = answer.value;
      const clients = sessions.length === 1 ? '1 client' : `${sessions.length} clients`;
      note(`wharf: Another daemon still runs: process ${pid}, Docker at ${dockerEndpoint}, ${clients}. "wharf daemon stop" ends it too.`);
    }
  }
}

async function stop(): Promise<number> {
  const locations = commandLocations();
  const [own, others] = [await openRunningControl(locations), await openOtherControls(locations)];
  const all = own.ok ? [own.value, ...others] : others;
  if (all.length === 0) {
    print('The daemon is not running.');
    return exitCodes.ok;
  }
  let code: number = exitCodes.ok;
  for (const control of all) {
    const answer = await control.request('daemon/stop', {});
    if (answer.ok) {
      await control.closed;
      print(own.ok && control === own.value ? 'The daemon stopped.' : 'A daemon for another address of Docker stopped.');
    } else {
      code = complain(answer.problem);
    }
  }
  return code;
}
