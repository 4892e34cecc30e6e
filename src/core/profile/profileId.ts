const pattern = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/**
 * Whether a text can be the id of a profile: its file is ID.yaml or ID.yml. `ID.lock.yaml` beside it is no profile, in whatever case,
 * since many disks do not tell them apart.
 */
export function isProfileId(text: string): boolean {
  return pattern.test(text) && !/\.lock$/i.test(text);
}
