import { isRecord } from '../provenance/json.ts';
import type { ClientKind, ForeignServer, ForeignTransport, LeftOut } from './foreign.ts';
import { Marker, type Inputs } from './placeholders.ts';

/** Claude Desktop hands every text on as it stands; the others fill places in. */
const syntaxOf = { 'claude-code': 'braces', 'claude-desktop': 'none', cursor: 'braces', vscode: 'braces' } as const;

interface ServerSource {
  readonly name: string;
  readonly client: Exclude<ClientKind, 'codex'>;
  readonly file: string;
  readonly inputs: Inputs;
}

/** What is read, and what says nothing about how the server runs. */
const known = ['type', 'transport', 'command', 'args', 'env', 'cwd', 'url', 'serverUrl', 'httpUrl', 'headers', 'disabled', 'enabled'];
const silent = ['name', 'title', 'description', 'icon', 'source', 'version', 'gallery', 'metadata'];

/** Why other keys of clients have no place in an entry, as half a sentence. */
const reasons: Readonly<Record<string, string>> = {
  envFile: 'a file with variables is not read: "wharf secret import FILE" takes it into the vault',
  autoApprove: 'Codex asks for approvals by its own settings, see "wharf client connect --approve"',
  alwaysAllow: 'Codex asks for approvals by its own settings, see "wharf client connect --approve"',
  trust: 'Codex asks for approvals by its own settings, see "wharf client connect --approve"',
  headersHelper: 'a command that prints headers is not run; name a secret in "headers" instead',
  oauth: '"wharf oauth authorize" registers and logs in by itself',
  auth: '"wharf oauth authorize" registers and logs in by itself',
  dev: 'a container does not restart when a source file changes',
  sandbox: 'a container is a sandbox already',
  sandboxEnabled: 'a container is a sandbox already',
};

/** Reads one server of a JSON configuration; `why` says in half a sentence why it is none. */
export function readJsonServer(value: unknown, source: ServerSource): ForeignServer | { readonly why: string } {
  if (!isRecord(value)) {
    return { why: 'it is no object' };
  }
  const marker = new Marker(syntaxOf[source.client], source.inputs);
  const transport = transportOf(value, marker);
  if (typeof transport === 'string') {
    return { why: transport };
  }
  const timeout = value['timeout'];
  return {
    name: source.name,
    client: source.client,
    file: source.file,
    isEnabled: value['disabled'] !== true && value['enabled'] !== false,
    transport,
    placeholders: marker.placeholders,
    tools: null,
    startTimeoutMs: null,
    // Milliseconds in Claude Code and Cline's kin.
    callTimeoutMs: typeof timeout === 'number' && timeout >= 1000 ? timeout : null,
    oauthScopes: transport.kind === 'http' && (isRecord(value['oauth']) || isRecord(value['auth'])) ? [] : null,
    leftOut: leftOutOf(value),
  };
}

function transportOf(value: Readonly<Record<string, unknown>>, marker: Marker): ForeignTransport | string {
  const type = value['type'] ?? value['transport'];
  const url = value['url'] ?? value['serverUrl'] ?? value['httpUrl'];
  // Zed has an object of path, args and env.
  const command = isRecord(value['command']) ? value['command']['path'] : value['command'];
  const holder = isRecord(value['command']) ? value['command'] : value;
  if (typeof command === 'string' && command.trim() !== '') {
    const args = holder['args'] ?? [];
    const env = textMap(holder['env'], marker);
    if (!Array.isArray(args) || env === undefined) {
      return Array.isArray(args) ? '"env" is no object of texts' : '"args" is no list';
    }
    const words = args.map((word: unknown) => (typeof word === 'object' ? undefined : marker.mark(plainText(word))));
    if (words.includes(undefined)) {
      return 'one of its "args" is no text';
    }
    const cwd = typeof value['cwd'] === 'string' ? marker.mark(value['cwd']) : null;
    return { kind: 'stdio', command: marker.mark(command), args: words.filter((word) => word !== undefined), env, cwd };
  }
  if (typeof url === 'string' && url !== '') {
    if (type === 'ws' || /^wss?:/i.test(url)) {
      return 'it is reached over a WebSocket, which is no transport of MCP';
    }
    const headers = textMap(value['headers'], marker);
    return headers === undefined
      ? '"headers" is no object of texts'
      : { kind: 'http', url: marker.mark(url), isSse: type === 'sse', headers };
  }
  return 'it has neither "command" nor "url"';
}

/** Numbers and switches are what the program makes of them; undefined for anything else. */
function textMap(value: unknown, marker: Marker): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) {
    return {};
  }
  if (!isRecord(value) || Object.values(value).some((one) => typeof one === 'object' && one !== null)) {
    return undefined;
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, marker.mark(one === null ? '' : plainText(one))]));
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function leftOutOf(value: Readonly<Record<string, unknown>>): readonly LeftOut[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key) && !silent.includes(key) && key !== 'timeout')
    .map((key) => ({
      what: `"${key}"`,
      why: (Object.hasOwn(reasons, key) ? reasons[key] : undefined) ?? 'an entry of a profile has nothing of the kind',
    }));
}
