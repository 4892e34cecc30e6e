/** What the scan found in one message, as it is kept and shown: never the secret itself. */
export interface Finding {
  /** Id of the rule, such as `github-pat`; `injected-secret` for a value that Wharf itself gave to a server. */
  readonly rule: string;
  /** What the rule looks for, for people. */
  readonly title: string;
  readonly kind: 'secret' | 'hiddenText' | 'changedTool' | 'shadowedTool';
  /** What was looked at. */
  readonly where: 'arguments' | 'result' | 'error' | 'notification' | 'request' | 'list' | 'stderr';
  /** JSON pointer to the text in what was looked at; empty for the whole. */
  readonly pointer: string;
  /** A masked piece, such as `ghp_…(40)`. */
  readonly preview: string;
  readonly action: 'redacted' | 'blocked' | 'reported';
  /** Name of the secret in the vault, where it is one that Wharf gave to a server. */
  readonly secret?: string;
}
