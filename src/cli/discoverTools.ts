import { toolCountWords } from '../core/tools/toolCount.ts';
import type { ControlClient } from '../node/controlClient.ts';
import type { Locations } from '../node/locations.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { describeProblem } from '../shared/problem.ts';
import type { ServerReport } from '../shared/servers.ts';
import { openControl } from './context.ts';
import { note, print } from './output.ts';

const lookMs = 1_000;

/**
 * Starts the servers of a profile that were never asked, asks for their tools and stops them, so that the first thread of
 * Codex has them at once. What fails is told, as it would fail then, and is no failure of the command.
 */
export async function discoverTools(locations: Locations, profile: ProfileSelection): Promise<void> {
  const control = await openControl(locations);
  if (!control.ok) {
    note(`wharf: ${describeProblem(control.problem)}`);
    return;
  }
  note('Asking its servers for their tools …');
  const watch = watchSteps(control.value, profile);
  const answer = await control.value.request('profile/tools', { profile, cwd: process.cwd(), discover: true });
  clearInterval(watch);
  control.value.close();
  if (!answer.ok) {
    note(`wharf: ${describeProblem(answer.problem)}`);
    return;
  }
  for (const report of answer.value.servers) {
    if (report.state.kind === 'failed') {
      note(`wharf: ${describeProblem(report.state.problem)}`);
    } else {
      print(`  ${report.name}: ${toolCountWords(report)}`);
    }
    (report.warnings ?? []).forEach((problem) => note(`wharf: ${describeProblem(problem)}`));
  }
}

/** Says what takes long, such as a download, once for each new step. */
function watchSteps(control: ControlClient, profile: ProfileSelection): NodeJS.Timeout {
  const said = new Map<string, string>();
  const look = async (): Promise<void> => {
    const now = await control.request('profile/tools', { profile, cwd: process.cwd(), discover: false });
    const steps = now.ok ? now.value.servers.flatMap(stepOf) : [];
    for (const [name, step] of steps) {
      if (said.get(name) !== step) {
        said.set(name, step);
        note(`  ${name}: ${step}`);
      }
    }
  };
  return setInterval(() => void look(), lookMs);
}

function stepOf({ name, state }: ServerReport): readonly (readonly [string, string])[] {
  return state.kind === 'starting' && state.step !== undefined ? [[name, state.step]] : [];
}
