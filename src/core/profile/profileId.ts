const pattern = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** The id that Docker's gateway gives a profile of this name: `Dev Tools` and `dev-tools` are both `dev_tools`. */
export function dockerSlug(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9]+/g, '_').toLowerCase();
}

/**
 * Whether a text can be the id of a profile: its file is ID.yaml or ID.yml. `ID.lock.yaml` beside it is no profile, in whatever case,
 * since many disks do not tell them apart.
 */
export function isProfileId(text: string): boolean {
  return pattern.test(text) && !/\.lock$/i.test(text);
}
