import { stringAt, stringsAt } from './servers.ts';
import type { CodexServer } from './servers.ts';

/** Seconds that a gateway needs when it may have to start containers before it can list their tools. */
export const recommendedStartupSeconds = 60;

/** Whether the entry, unless it is turned off, starts a gateway that may start containers: `docker mcp gateway run`, or Wharf in one of its forms. */
export function startsGateway(server: CodexServer): boolean {
  const command = stringAt(server.table, 'command');
  const enabled = server.table.members.get('enabled')?.value;
  if (command === undefined || (enabled?.kind === 'boolean' && !enabled.value)) {
    return false;
  }
  const args = stringsAt(server.table, 'args');
  if (programName(command) === 'docker') {
    return args[0] === 'mcp' && args[1] === 'gateway' && args[2] === 'run';
  }
  if (programName(command) === 'wharf') {
    return true;
  }
  return args.some((arg, index) => programName(arg) === 'wharf' && args[index + 1] === 'gateway' && args[index + 2] === 'run');
}

/** The last part of a path of either kind of system, in lower case and without the ending of a program or script. */
export function programName(path: string): string {
  const base = path.split(/[\\/]/).at(-1) ?? '';
  return base.toLowerCase().replace(/\.(?:exe|cmd|bat|cjs|mjs|js|ts)$/, '');
}
