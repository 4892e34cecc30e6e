import { parseConfigKey, type ConfigKey } from '../../core/profile/editConfig.ts';
import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

/** The server and the key that `--get` and `--del` name. */
export function keyOf(given: string, names: readonly string[], file: string): Result<ConfigKey> {
  const key = parseConfigKey(given, names);
  const [named = ''] = given.split('.');
  return key !== undefined
    ? ok(key)
    : fail(
        names.includes(named) || !given.includes('.')
          ? problems.badArgument('A value is named as SERVER.KEY.', 'wharf profile config')
          : problems.serverNotInProfile(named, names, file),
      );
}
