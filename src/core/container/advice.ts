import type { Problem } from '../../shared/problem.ts';
import type { ProfileServer } from '../profile/profile.ts';
import * as problems from '../problems.ts';
import { isSandboxRefusal, proposeRelaxation } from './relaxation.ts';

/** The failures whose detail is a server's own last words. */
const ownWords = ['WHARF_SERVER_EXITED', 'WHARF_SERVER_NOT_MCP', 'WHARF_SERVER_REFUSED', 'WHARF_TOOL_FAILED'];

/**
 * What failed, with what would help, where it is the server's container that is too strict for it. `profile` is the id or the
 * path by which a person names it.
 */
export function adviseOn(failed: Problem, server: ProfileServer, profile: string): Problem {
  if (server.kind !== 'image' || failed.detail === undefined || !ownWords.includes(failed.code)) {
    return failed;
  }
  if (isSandboxRefusal(failed.detail)) {
    return problems.browserSandbox(failed, server.name);
  }
  const relaxation = proposeRelaxation({ output: failed.detail, isolation: server.isolation });
  return relaxation === null ? failed : problems.serverNeedsMore(failed, server.name, profile, relaxation);
}
