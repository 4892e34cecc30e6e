/** What the options of `wharf gateway run` say for one client's session. What is absent is left to the profile and the defaults. */
export interface GatewaySettings {
  /** Processors of each container whose entry names none. */
  readonly cpus?: number;
  /** Bytes of each container whose entry names none. */
  readonly memory?: number;
  /** How many servers may run at the same time for this user. */
  readonly maxInstances?: number;
  /** Milliseconds; for servers whose entry names none. */
  readonly idleTimeoutMs?: number;
  /** No container gets a network. */
  readonly blockNetwork?: boolean;
  /** What carries a secret is withheld, whatever the profile says. */
  readonly blockSecrets?: boolean;
  /** Images must carry a signature that the policy file accepts. */
  readonly verifySignatures?: boolean;
  /** Only what the lock of the profile says is served; a profile without one is not. */
  readonly frozen?: boolean;
  /** Absolute path of a file of `NAME=value` lines: its secrets go before those of the vault, for this session. */
  readonly secretsFile?: string;
  /** SHA-256 of a project's profile that is served without having been allowed, for CI. */
  readonly trustProfile?: string;
  /** Tools that are offered instead of the profile's choice: `tool`, `server:tool`, `server:*` or `*`. */
  readonly tools?: readonly string[];
  /** Interceptors in their order, as `when:type:argument`. */
  readonly interceptors?: readonly string[];
}
