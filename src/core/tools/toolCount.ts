import type { ServerReport } from '../../shared/servers.ts';

/** How many tools a server has for its clients, in words, and why some are left out. */
export function toolCountWords(report: Pick<ServerReport, 'tools' | 'offered' | 'withheld'>, leftOutBy = 'the profile\'s "tools"'): string {
  if (report.tools === null) {
    return 'tools not known yet';
  }
  const all = report.tools.length;
  const offered = report.offered ?? all;
  const withheld = report.withheld?.length ?? 0;
  const reason = withheld === 0 ? leftOutBy : offered + withheld === all ? 'the lock' : `the lock, or ${leftOutBy},`;
  return offered === all ? counted(all) : `${offered} of ${counted(all)}, as ${reason} leaves out the others`;
}

function counted(count: number): string {
  return count === 1 ? '1 tool' : `${count} tools`;
}
