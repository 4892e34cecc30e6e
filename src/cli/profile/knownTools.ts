import type { ProfileServer } from '../../core/profile/profile.ts';
import type { Locations } from '../../node/locations.ts';
import type { ProfileSelection } from '../../shared/controlProtocol.ts';
import { describeProblem } from '../../shared/problem.ts';
import { askOnce, openRunningControl } from '../context.ts';
import { note } from '../output.ts';
import type { Target } from './target.ts';

/**
 * The tools that a server has, whatever its profile offers of them; null where nobody knows. With `look` nothing is started to find
 * that out.
 */
export type KnownTools = (target: Target, server: string, how: 'look' | 'start') => Promise<readonly string[] | null>;

/** What is known without a start: what the server said itself, else what its catalogue promises. */
export async function lookedUp(target: Target, server: ProfileServer, knownTools: KnownTools): Promise<readonly string[] | null> {
  const said = await knownTools(target, server.name, 'look');
  return said ?? (server.promisedTools.length > 0 ? server.promisedTools.map(({ name }) => name) : null);
}

/** What the daemon knows of a server's tools; a server that was never asked is started for it. */
export function daemonTools(locations: Locations): KnownTools {
  return async ({ file }, server, how) => {
    if (!file.allowed) {
      return null;
    }
    const profile =
      file.scope === 'user' && !file.isPulled ? ({ by: 'id', id: file.id } as const) : ({ by: 'file', path: file.path } as const);
    if (how === 'look') {
      return look(locations, profile, server);
    }
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

async function look(locations: Locations, profile: ProfileSelection, server: string): Promise<readonly string[] | null> {
  const control = await openRunningControl(locations);
  if (!control.ok) {
    return null;
  }
  try {
    const answer = await control.value.request('profile/tools', { profile, cwd: process.cwd(), discover: false });
    const tools = answer.ok ? answer.value.servers.find(({ name }) => name === server)?.tools : undefined;
    return tools?.map(({ name }) => name) ?? null;
  } finally {
    control.value.close();
  }
}
