import type { YAMLMap } from 'yaml';

import { profileDefaults, type Profile } from './profile.ts';
import { oneOf, outputPolicy, policyWords, ServerReader } from './serverSettings.ts';

const known = ['toolNames', 'output', 'requireDigest', 'verify'];
const flag = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** Reads what a profile says of itself under "wharf". */
export class ProfileSettingsReader extends ServerReader {
  read(top: YAMLMap): Pick<Profile, 'toolNames' | 'output' | 'requireDigest' | 'verify'> {
    const own = this.optionalMap(top, 'wharf');
    for (const { name, key } of own === undefined ? [] : this.pairs(own)) {
      if (!known.includes(name)) {
        throw this.bad(key, `"wharf" of a profile has no setting "${name}" in this version; it has ${known.join(', ')}`);
      }
    }
    return {
      toolNames: this.setting(own, 'toolNames', oneOf('plain', 'prefix'), 'plain or prefix') ?? profileDefaults.toolNames,
      output: this.setting(own, 'output', outputPolicy, policyWords) ?? profileDefaults.output,
      requireDigest: this.setting(own, 'requireDigest', flag, 'true or false') ?? profileDefaults.requireDigest,
      verify: this.setting(own, 'verify', flag, 'true or false') ?? profileDefaults.verify,
    };
  }
}
