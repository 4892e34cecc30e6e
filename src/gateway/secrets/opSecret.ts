import * as problems from '../../core/problems.ts';
import { runTool } from '../../node/runTool.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** A person may have to touch a sensor. */
const patienceMs = 60_000;

/** Reads a secret from 1Password with its own command, `op` (developer.1password.com/docs/cli/reference/commands/read). */
export async function readFromOp(uri: string, env: Readonly<Record<string, string | undefined>>): Promise<Result<string>> {
  const refuse = (why: string, next: string): Result<string> => fail(problems.secretUnreadable(uri, why, next));
  const outcome = await runTool({ command: 'op', args: ['read', '--no-newline', uri], env, input: '', timeoutMs: patienceMs });
  if (outcome.kind === 'failed') {
    return outcome.isMissing
      ? refuse('there is no op on the PATH', 'Install the 1Password CLI, or use "wharf secret set".')
      : refuse(outcome.reason, 'Unlock 1Password and try again.');
  }
  if (outcome.code !== 0) {
    return refuse(`op said: ${outcome.stderr.split('\n')[0] ?? ''}`, 'Run "op signin", and check the reference with "op read".');
  }
  const value = outcome.stdout.toString('utf8');
  outcome.stdout.fill(0);
  return value === '' ? refuse('the field is empty', 'Check the reference.') : ok(value);
}
