/** A key of a server's configuration that needs a value. */
export interface MissingKey {
  /** Such as `jira.url`. */
  readonly key: string;
  /** Its value is a list of texts. */
  readonly isList: boolean;
}

/** The options of `wharf profile config` that give a server these values. */
export function settingWords(server: string, keys: readonly MissingKey[]): string {
  return keys.map(({ key, isList }) => (isList ? `--set '${server}.${key}=["VALUE"]'` : `--set ${server}.${key}=VALUE`)).join(' ');
}
