import type { Command } from 'commander';

import { commandLocations, openControl } from '../context.ts';
import { listFormatOption, wholeNumber, type ListFormat } from '../options.ts';
import type { RunAction } from '../runAction.ts';
import { complain, exitCodes, print, printJson, printTable } from '../output.ts';
import { printValue } from '../printValue.ts';

/** The daemon tells no more at once. */
const mostCalls = 10_000;

export function addCallsCommands(program: Command, run: RunAction): void {
  const calls = program.command('calls').description('the tool calls that gateways saw');
  calls
    .command('ls')
    .alias('list')
    .description('list the newest')
    .option('--limit <number>', 'how many', wholeNumber(mostCalls), 50)
    .addOption(listFormatOption())
    .action(run(list));
  calls.command('show').description('show one with its arguments and its result, as JSON').argument('<id>').action(run(show));
}

async function list(options: { limit: number; format: ListFormat }): Promise<number> {
  const control = await openControl(commandLocations());
  if (!control.ok) {
    return complain(control.problem);
  }
  const answer = await control.value.request('calls/list', { limit: options.limit });
  control.value.close();
  if (!answer.ok) {
    return complain(answer.problem);
  }
  if (options.format !== 'human') {
    printValue(answer.value, options.format);
  } else if (answer.value.calls.length === 0) {
    print('No call yet.');
  } else {
    const hasFindings = answer.value.calls.some(({ findings }) => findings > 0);
    printTable([
      ['STARTED', 'CLIENT', 'SERVER', 'TOOL', 'STATUS', ...(hasFindings ? ['FINDINGS'] : []), 'MS', 'ID'],
      ...answer.value.calls.map((call) => [
        call.startedAt,
        call.client,
        call.server,
        call.tool,
        call.status,
        ...(hasFindings ? [call.findings === 0 ? '' : String(call.findings)] : []),
        call.durationMs === null ? '' : call.durationMs.toFixed(1),
        call.id,
      ]),
    ]);
  }
  return exitCodes.ok;
}

async function show(id: string): Promise<number> {
  const control = await openControl(commandLocations());
  if (!control.ok) {
    return complain(control.problem);
  }
  const answer = await control.value.request('calls/show', { id });
  control.value.close();
  if (!answer.ok) {
    return complain(answer.problem);
  }
  printJson(answer.value);
  return exitCodes.ok;
}
