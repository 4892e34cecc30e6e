import type { Locations } from '../../node/locations.ts';
import { describeProblem } from '../../shared/problem.ts';
import { askOnce } from '../context.ts';
import { note } from '../output.ts';
import type { KnownTools } from './tools.ts';

/** What the daemon knows of a server's tools; a server that was never asked is started for it. */
export function daemonTools(locations: Locations): KnownTools {
  return async ({ file }, server) => {
    if (!file.allowed) {
      return null;
    }
    const profile =
      file.scope === 'user' && !file.isPulled ? ({ by: 'id', id: file.id } as const) : ({ by: 'file', path: file.path } as const);
    for (const discover of [false, true]) {
      if (discover) {
        note(`Asking "${server}" for its tools …`);
      }
      const answer = await askOnce(locations, 'profile/tools', { profile, cwd: process.cwd(), discover });
      if (!answer.ok) {
        note(`wharf: ${describeProblem(answer.problem)}`);
        return null;
      }
      const report = answer.value.servers.find(({ name }) => name === server);
      if (report !== undefined && report.tools !== null) {
        return report.tools.map(({ name }) => name);
      }
      if (discover && report?.state.kind === 'failed') {
        note(`wharf: ${describeProblem(report.state.problem)}`);
      }
    }
    return null;
  };
}
