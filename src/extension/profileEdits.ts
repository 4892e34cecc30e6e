import { relaxedValue } from '../core/container/relaxation.ts';
import type { AllowedHost } from '../core/network/allowedHost.ts';
import { setServerSetting } from '../core/profile/edit.ts';
import { pinHosts } from '../core/profile/pin.ts';
import type { ImageServer } from '../core/profile/profile.ts';
import type { ProfileFile } from '../node/profileFiles.ts';
import type { Relaxation } from '../shared/relaxation.ts';
import type { Result } from '../shared/result.ts';

export { writeEditedProfile } from '../node/editedProfile.ts';
export { listProfiles } from '../node/profileFiles.ts';

/** The text of a profile in which a server gets what it needs. */
export function relaxedText(file: ProfileFile, server: ImageServer, relaxation: Relaxation): Result<string> {
  return setServerSetting(file.text, server.name, relaxation.setting, relaxedValue(server.isolation, relaxation), file.path);
}

/** The text of a profile in which a server reaches these hosts and no others. */
export function pinnedText(file: ProfileFile, server: ImageServer, hosts: readonly AllowedHost[]): Result<string> {
  return pinHosts(file.text, server, hosts, file.path);
}
