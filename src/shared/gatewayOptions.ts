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
  {
    name: 'servers',
    value: 'names',
    repeatable: true,
    help: 'serve these servers of catalogues without a profile, with commas between or each with its own --servers',
  },
  {
    name: 'catalog',
    value: 'reference',
    repeatable: true,
    help: 'the catalogues of --servers, of which a later one goes before (default: all of this computer)',
  },
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

/** Options of Docker's gateway that change nothing here, each with what to know about it. */
export const idleOptions: Readonly<Record<string, string>> = {
  'long-lived': 'a server that holds state lives as long as its session anyway, and others are kept while they are used.',
  watch: 'changes of a profile always reach a running gateway.',
};

const inFiles = (what: string): string =>
  `names one of Docker's older files. "wharf client import --from docker --profile ID" makes a profile of them; then use ${what}.`;

/** Options of Docker's gateway that are refused, each with what to do instead. */
export const refusedOptions: Readonly<Record<string, string>> = {
  'enable-all-servers':
    'would start every server of a catalogue. Name those that you want with --servers, or make a profile: "wharf profile create --name N --server catalog://REF/*".',
  'additional-catalog': 'is not needed here: give --catalog several times.',
  registry: inFiles('--profile'),
  'additional-registry': inFiles('--profile'),
  config: inFiles('--profile'),
  'additional-config': inFiles('--profile'),
  'tools-config': inFiles('--profile, or --tools'),
  'additional-tools-config': inFiles('--profile, or --tools'),
  'oci-ref': 'is not read when a gateway starts. Take the server into a profile: "wharf profile server add ID --server docker://IMAGE".',
  'mcp-registry':
    'is not read when a gateway starts. Take the server into a profile: "wharf profile server add ID --server https://HOST/v0/servers/NAME".',
  static: 'would reach servers that somebody else started over bare TCP. Name the address of a remote server in a profile instead.',
  'debug-dns': 'is not there. "wharf calls ls" and the inspector show which hosts were refused.',
  'allow-unauthenticated': 'is not there: every client over HTTP needs a token, see "wharf http token --help".',
  log: 'is not there: write stderr into a file, or see "wharf daemon logs".',
};
