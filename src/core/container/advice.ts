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
  const { code, message, detail } = failed;
  if (server.kind !== 'image' || detail === undefined || !ownWords.includes(code)) {
    return failed;
  }
  if (isSandboxRefusal(detail)) {
    return { ...problems.browserSandbox(server.name), detail };
  }
  const relaxation = proposeRelaxation({ output: detail, isolation: server.isolation });
  if (relaxation === null) {
    return failed;
  }
  const setting = `${relaxation.setting}: ${String(relaxation.value)}`;
  return { ...problems.serverNeedsMore(message, server.name, profile, setting, relaxation.why), detail, relaxation };
}
