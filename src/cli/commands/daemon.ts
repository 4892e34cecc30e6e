import type { Command } from 'commander';

import { commandLocations, openRunningControl } from '../context.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, print, printJson, printTable } from '../output.ts';

export function addDaemonCommands(program: Command, run: RunAction): void {
  const daemon = program.command('daemon').description('the process that runs the servers of all clients');
  daemon
    .command('status')
    .description('show whether it runs, and for whom')
    .option('--format <format>', 'human or json', 'human')
    .action(run(status));
  daemon.command('stop').description('stop it and every server it runs').action(run(stop));
  daemon.command('run').description('run it in the foreground');
}

async function status(options: { format: string }): Promise<number> {
  const control = await openRunningControl(commandLocations());
  if (!control.ok) {
    if (options.format === 'json') {
      printJson({ running: false });
    } else {
      print('The daemon is not running. It starts by itself when it is needed.');
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
    printJson({ running: true, ...facts });
    return exitCodes.ok;
  }
  print(`The daemon runs: version ${facts.version}, process ${facts.pid}, Docker at ${facts.dockerEndpoint}.`);
  printTable(
    facts.sessions.flatMap((session) =>
      session.servers.map((server) => [session.id, session.client, session.profile, server.name, server.state.kind]),
    ),
  );
  return exitCodes.ok;
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
