import type { FoundImage } from '../../shared/foundServer.ts';
import type { Problem } from '../../shared/problem.ts';
import * as problems from '../problems.ts';
import { partsInWords, type Drift } from './drift.ts';
import type { LockedImage } from './lock.ts';

/** What to tell a person of one difference. `profile` is an id or a path, as a command takes it. */
export function driftProblem(drift: Drift, profile: string): Problem {
  const { server } = drift;
  switch (drift.kind) {
    case 'serverAdded':
      return problems.lockServer(profile, server);
    case 'serverRemoved':
      return problems.lockServerGone(profile, server);
    case 'imageChanged':
      return problems.lockImage(profile, server, imageWords(drift.before, drift.after));
    case 'instructionsChanged':
      return problems.lockInstructions(profile, server);
    case 'toolAdded':
      return problems.lockTool(profile, server, drift.tool, null);
    case 'toolChanged':
      return problems.lockTool(profile, server, drift.tool, partsInWords(drift.parts));
    case 'toolRemoved':
      return problems.lockToolGone(profile, server, drift.tool);
  }
}

function imageWords(before: LockedImage | null, after: FoundImage | null): string {
  if (before === null || after === null) {
    return before === null ? 'the lock knows it without a container' : `the lock knows it in a container of ${before.reference}`;
  }
  return before.reference === after.reference
    ? `its image ${after.reference} is not the one of the lock (${before.content.sha256.slice(0, 19)}…)`
    : `its image is ${after.reference}, and the lock has ${before.reference}`;
}
