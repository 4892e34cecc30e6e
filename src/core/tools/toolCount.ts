import type { ServerReport } from '../../shared/servers.ts';

/** How many tools a server has for its clients, in words, and why some are left out. */
export function toolCountWords(report: Pick<ServerReport, 'tools' | 'offered'>, leftOutBy = 'the profile\'s "tools"'): string {
  if (report.tools === null) {
    return 'tools not known yet';
  }
  const all = report.tools.length;
  const offered = report.offered ?? all;
  return offered === all ? counted(all) : `${offered} of ${counted(all)}, as ${leftOutBy} leaves out the others`;
}

function counted(count: number): string {
  return count === 1 ? '1 tool' : `${count} tools`;
}
