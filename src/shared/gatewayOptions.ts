/** An option of `wharf gateway run`: one table for the program that Codex starts, which loads nothing heavy, and for the help. */
export interface GatewayOption {
  readonly name: string;
  /** How the help names the value; absent for a switch. */
  readonly value?: string;
  /** Whether it may be given several times; of others the last one counts. */
  readonly repeatable?: true;
  readonly help: string;
}

export const gatewayOptions: readonly GatewayOption[] = [
  {
    name: 'profile',
    value: 'id',
    repeatable: true,
    help: "serve the profile with this id: the user's own, else the project's; with --transport streaming several",
  },
  { name: 'profile-file', value: 'file', repeatable: true, help: 'serve the profile in this file' },
  { name: 'no-daemon', help: 'run in this process, share nothing' },
  { name: 'transport', value: 'kind', help: 'stdio, or streaming: Streamable HTTP from this process (default: stdio)' },
  { name: 'host', value: 'address', help: 'where streaming listens (default: 127.0.0.1)' },
  {
    name: 'allowed-host',
    value: 'name',
    repeatable: true,
    help: 'one more name by which streaming may be called, such as that of a container',
  },
  { name: 'port', value: 'number', help: 'where streaming listens; 0 takes a free one (default: 8811)' },
  {
    name: 'tokens',
    value: 'file',
    help: 'more tokens for streaming, each with profiles and tools of its own: "wharf http token" makes it',
  },
  { name: 'tls-cert', value: 'file', help: 'serve HTTPS with this certificate and its chain (PEM), read again when it changes' },
  { name: 'tls-key', value: 'file', help: 'the key of --tls-cert (PEM), readable for its user alone' },
  { name: 'insecure-http', help: 'listen on an address that others can reach without TLS' },
  {
    name: 'cors-origin',
    value: 'origin',
    repeatable: true,
    help: 'let pages of this origin call from a browser, such as https://app.example',
  },
  {
    name: 'rate-limit',
    value: 'number',
    help: 'requests a second for each token (default: 100 for those of --tokens, none for the own one)',
  },
  { name: 'max-body', value: 'size', help: 'size of a request to streaming (default: 64m)' },
  { name: 'audit-log', value: 'file', help: 'append a line of JSON for each session, call and refusal of streaming' },
  { name: 'cpus', value: 'number', help: 'processors of each container whose entry names none (default: 1)' },
  { name: 'memory', value: 'size', help: 'memory of each container whose entry names none (default: 2g)' },
  { name: 'max-instances', value: 'number', help: 'how many servers may run at the same time' },
  { name: 'idle-timeout', value: 'time', help: 'how long a server may idle whose entry says nothing, such as 30s (default: 5m)' },
  { name: 'block-network', help: 'give no container a network' },
  { name: 'block-secrets', help: 'withhold every result and call that carries a secret, whatever the profile says' },
  { name: 'verify-signatures', help: 'start an image only with a signature that the policy file accepts' },
  { name: 'frozen', help: 'serve only what the lock of the profile says, and nothing of a server that differs, for CI' },
  { name: 'secrets', value: 'file', help: 'take secrets from this file of NAME=value lines before those of the vault' },
  { name: 'trust-profile', value: 'sha256', help: "serve a project's profile with exactly this content without having allowed it, for CI" },
  {
    name: 'tools',
    value: 'list',
    repeatable: true,
    help: "offer these tools instead of the profile's choice: tool, server:tool, server:* or *, with commas between",
  },
  { name: 'interceptor', value: 'when:type:arg', repeatable: true, help: 'run before or after each call: exec, docker or http' },
  { name: 'dry-run', help: 'start every server, ask it for its tools, serve nothing, and end' },
  { name: 'log-calls', help: 'without a daemon: write a line for each call to stderr; with it see "wharf calls ls"' },
  { name: 'verbose', help: 'without a daemon: write more of what happens to stderr; with it see the log that "wharf daemon status" names' },
];
