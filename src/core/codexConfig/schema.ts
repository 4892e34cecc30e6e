/** What a value of a key must be. Numbers and lists follow Codex 0.169.0 (`mcp_servers` in its configuration). */
export type KeyType =
  | { readonly kind: 'string' | 'boolean' | 'seconds' | 'integer' | 'strings' | 'stringMap' | 'envVars' | 'table' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'choices'; readonly values: readonly string[] };

export interface ConfigKey {
  readonly name: string;
  readonly type: KeyType;
  /** What Codex takes without the key, in words of a person; null where there is nothing. */
  readonly default: string | null;
  /** One sentence. */
  readonly meaning: string;
}

/** A key of `[mcp_servers.NAME]`. */
export interface ServerKey extends ConfigKey {
  /** Codex refuses the whole file when a key of one transport stands beside the other. */
  readonly transport: 'stdio' | 'http' | 'both';
}

const string: KeyType = { kind: 'string' };
const strings: KeyType = { kind: 'strings' };
const boolean: KeyType = { kind: 'boolean' };
const seconds: KeyType = { kind: 'seconds' };
const stringMap: KeyType = { kind: 'stringMap' };

/** The values of `default_tools_approval_mode` and of `tools.TOOL.approval_mode`. */
export const approvalModeValues: readonly string[] = ['auto', 'prompt', 'writes', 'approve'];

function key(name: string, transport: ServerKey['transport'], type: KeyType, standard: string | null, meaning: string): ServerKey {
  return { name, transport, type, default: standard, meaning };
}

/** Every key of `[mcp_servers.NAME]` that Codex 0.169.0 reads. It ignores all others with a warning. */
export const serverKeys: readonly ServerKey[] = [
  key('command', 'stdio', string, null, 'The program that Codex starts and talks to on stdin and stdout. No shell and no `~` or `${VAR}`.'),
  key('args', 'stdio', strings, '[]', 'The arguments of the program, one string each.'),
  key(
    'env',
    'stdio',
    stringMap,
    'none',
    'Variables for the program, on top of the few that Codex passes on. Values are taken as they are.',
  ),
  key(
    'env_vars',
    'stdio',
    { kind: 'envVars' },
    '[]',
    'Names of variables that are passed on from the environment of Codex; an unset one is skipped.',
  ),
  key(
    'cwd',
    'stdio',
    string,
    'the folder of the session',
    'The folder that the program starts in; a relative one counts from the folder of the session.',
  ),
  key('url', 'http', string, null, 'The address of a server that speaks Streamable HTTP.'),
  key('http_headers', 'http', stringMap, 'none', 'Headers that are sent with every request.'),
  key(
    'env_http_headers',
    'http',
    stringMap,
    'none',
    'Headers whose values come from the named variables; an unset or empty one is left out.',
  ),
  key(
    'bearer_token_env_var',
    'http',
    string,
    'none',
    'The variable that holds the bearer token. The server does not start while it is unset.',
  ),
  key('bearer_token', 'http', string, 'none', 'Always an error: Codex takes no token in clear. Use `bearer_token_env_var`.'),
  key('http_headers_helper', 'http', string, 'none', 'A shell command that prints a JSON object of headers.'),
  key('auth', 'http', { kind: 'choice', values: ['oauth', 'chatgpt', 'ema_auth'] }, 'oauth', 'How Codex logs in to the server.'),
  key(
    'oauth',
    'http',
    { kind: 'table' },
    'none',
    'The OAuth client: `client_id`, `client_secret`, `callback_url`, `callback_port` and more.',
  ),
  key('oauth_resource', 'http', string, 'none', 'The resource that the OAuth token is asked for.'),
  key('scopes', 'both', strings, 'none', 'OAuth scopes to ask for. Without effect on a program.'),
  key('environment_id', 'both', string, 'local', 'Where the server runs.'),
  key(
    'startup_timeout_sec',
    'both',
    seconds,
    '30',
    'Seconds for starting the server and listing its tools. Older versions of Codex give it 10.',
  ),
  key('startup_timeout_ms', 'both', { kind: 'integer' }, 'none', 'The same in milliseconds; `startup_timeout_sec` wins over it.'),
  key('tool_timeout_sec', 'both', seconds, '300', 'Seconds that one tool call may take. Older versions of Codex give it 60.'),
  key('enabled', 'both', boolean, 'true', 'With `false` the server is not started.'),
  key('required', 'both', boolean, 'false', 'With `true` Codex refuses to start a session without this server.'),
  key('startup_readiness', 'both', { kind: 'choice', values: ['connection', 'catalog'] }, 'connection', 'What counts as started.'),
  key('supports_parallel_tool_calls', 'both', boolean, 'false', 'Whether Codex may call several tools of the server at once.'),
  key(
    'tool_input_schema_max_bytes',
    'both',
    { kind: 'integer' },
    '5000',
    'Larger input schemas of tools lose the descriptions of their parameters.',
  ),
  key(
    'omit_tools_from',
    'both',
    { kind: 'choices', values: ['direct', 'deferred', 'code_mode'] },
    'none',
    'Ways of offering tools to the model that leave this server out.',
  ),
  key(
    'default_tools_approval_mode',
    'both',
    { kind: 'choice', values: approvalModeValues },
    'auto',
    'When Codex asks before a tool runs: `auto` by what the tool says of itself, `prompt` always, `writes` unless it only reads, `approve` never.',
  ),
  key('enabled_tools', 'both', strings, 'all', 'The only tools that are offered, by their own names.'),
  key('disabled_tools', 'both', strings, 'none', 'Tools that are not offered; counts after `enabled_tools`.'),
  key('tools', 'both', { kind: 'table' }, 'none', 'Settings of single tools: `approval_mode` and `output_token_limit`.'),
  key('name', 'both', string, null, 'From older versions; has no effect.'),
];

/** Keys at the top of the file that concern MCP servers. */
export const topLevelKeys: readonly ConfigKey[] = [
  { name: 'mcp_servers', type: { kind: 'table' }, default: 'none', meaning: 'The MCP servers, one table each.' },
  {
    name: 'mcp_oauth_credentials_store',
    type: { kind: 'choice', values: ['auto', 'file', 'keyring'] },
    default: 'auto',
    meaning: 'Where Codex keeps the OAuth tokens of MCP servers.',
  },
  {
    name: 'mcp_oauth_callback_port',
    type: { kind: 'integer' },
    default: 'any free one',
    meaning: 'The local port that an OAuth login returns to.',
  },
  { name: 'mcp_oauth_callback_url', type: { kind: 'string' }, default: 'none', meaning: 'The address that an OAuth login returns to.' },
  {
    name: 'mcp_optional_startup_grace_ms',
    type: { kind: 'integer' },
    default: '1000',
    meaning: 'Milliseconds that the first model request waits for servers that are not required; 0 waits for their whole startup timeout.',
  },
  {
    name: 'mcp_enterprise_managed_auth',
    type: { kind: 'table' },
    default: 'none',
    meaning: 'The identity provider for `auth = "ema_auth"`.',
  },
];

const serverKeysByName: ReadonlyMap<string, ServerKey> = new Map(serverKeys.map((known) => [known.name, known]));

/** What is known of a key of `[mcp_servers.NAME]`, or undefined. */
export function serverKey(name: string): ServerKey | undefined {
  return serverKeysByName.get(name);
}
