import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'smol-toml';
import { composeEdits } from '../../../src/core/codexConfig/composeEdits.ts';
import { connectGateway, disconnectGateway } from '../../../src/core/codexConfig/connect.ts';
import { gatewayAddress } from '../../../src/core/codexConfig/gatewayAddress.ts';
import { gatewayEntry, httpGatewayEntry, type GatewayEntry } from '../../../src/core/codexConfig/gatewayEntry.ts';
import { foreignKeys } from '../../../src/core/codexConfig/switchTransport.ts';
import { parseToml } from '../../../src/core/toml/document.ts';
import { applyEdits, type TextEdit } from '../../../src/shared/text.ts';
import { bareText, configText } from './configs.ts';

const stdio = gatewayEntry({ launcher: { command: '/home/you/wharf', before: [], env: {} }, profile: 'dev', approval: 'all' });
const stdioWithHome = gatewayEntry({
  launcher: { command: '/home/you/wharf', before: [], env: { WHARF_HOME: '/srv/w' } },
  profile: 'dev',
  approval: 'read-only',
});
const http = httpGatewayEntry({ port: 8811, handle: 'dev', approval: 'read-only' });

function connected(text: string, entry: GatewayEntry): string {
  const result = connectGateway(text, entry, 'config.toml');
  assert.ok(result.ok, result.ok ? '' : `${result.problem.message}\n${text}`);
  assert.equal(applyEdits(text, result.value.edits), result.value.text);
  return result.value.text;
}

function disconnected(text: string): string {
  const result = disconnectGateway(text, 'MCP_DOCKER', 'config.toml');
  assert.ok(result.ok, result.ok ? '' : result.problem.message);
  return result.value.text;
}

function refused(text: string, entry: GatewayEntry): string {
  const result = connectGateway(text, entry, 'config.toml');
  assert.ok(!result.ok);
  return `${result.problem.code} ${result.problem.place?.line} ${result.problem.message}`;
}

type Tables = Record<string, Record<string, unknown> | undefined>;

function serversOf(text: string): Tables {
  return (parse(text.replace(/^\uFEFF/, ''), { integersAsBigInt: 'asNeeded' })['mcp_servers'] ?? {}) as Tables;
}

const table = `[mcp_servers.MCP_DOCKER]
url = "http://127.0.0.1:8811/p/dev/mcp"
bearer_token_env_var = "WHARF_HTTP_TOKEN"
startup_timeout_sec = 60
tool_timeout_sec = 300
default_tools_approval_mode = "writes"
`;

test('the HTTP form is an address, the name of a variable, and the same times and approval as the other', () => {
  assert.equal(connected('model = "x"\n', http), `model = "x"\n\n${table}`);
  assert.equal(connected(table, http), table);
  assert.equal(
    connected(table, httpGatewayEntry({ port: 9000, handle: 'team-01234567', approval: 'prompt' })),
    table.replace('8811/p/dev', '9000/p/team-01234567').replace('"writes"', '"prompt"'),
  );
});

test('switching changes the keys of the transport in their place, and keeps other keys and comments', () => {
  const text = `# top
[mcp_servers.MCP_DOCKER]   # ours
command = '/old/wharf'  # the launcher
args = [
  "gateway", "run",
]  # the profile
startup_timeout_sec = 60  # slow disk
env_vars = ["HTTPS_PROXY"]
enabled_tools = ["a"]  # only this
# end of table
tool_timeout_sec = 300

[mcp_servers.MCP_DOCKER.env]
WHARF_HOME = "/w"

[mcp_servers.MCP_DOCKER.tools.a]
approval_mode = "prompt"
`;
  const reached = `# top
[mcp_servers.MCP_DOCKER]   # ours
url = 'http://127.0.0.1:8811/p/dev/mcp'  # the launcher
bearer_token_env_var = "WHARF_HTTP_TOKEN"  # the profile
startup_timeout_sec = 60  # slow disk
enabled_tools = ["a"]  # only this
# end of table
tool_timeout_sec = 300
default_tools_approval_mode = "writes"

[mcp_servers.MCP_DOCKER.tools.a]
approval_mode = "prompt"
`;
  assert.equal(connected(text, http), reached);
  assert.equal(
    connected(`${reached}[mcp_servers.MCP_DOCKER.http_headers]\nX = "1"\n`, stdio),
    reached
      .replace("url = 'http://127.0.0.1:8811/p/dev/mcp'", "command = '/home/you/wharf'")
      .replace('bearer_token_env_var = "WHARF_HTTP_TOKEN"', 'args = ["gateway", "run", "--profile", "dev"]')
      .replace('"writes"', '"approve"'),
  );
});

test('dotted keys and inline tables are switched as well, down to one key and with commas at the end', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['mcp_servers.MCP_DOCKER = { command = "x" }', 'mcp_servers.MCP_DOCKER = { url = "U", '],
    ['mcp_servers.MCP_DOCKER = { env.A = "1" }', 'mcp_servers.MCP_DOCKER = { url = "U", '],
    ['mcp_servers = { MCP_DOCKER = { args = ["x"], env = { A = "1" }, command = "x" } }', '{ bearer_token_env_var = '],
    ['mcp_servers.MCP_DOCKER = { cwd = "/", command = "x", env = {}, }', 'mcp_servers.MCP_DOCKER = { url = "U", '],
    ['mcp_servers.MCP_DOCKER.env.A = "1"\nmcp_servers.MCP_DOCKER.command = "x"', 'mcp_servers.MCP_DOCKER.url = "U"\n'],
    ['[mcp_servers]\nMCP_DOCKER.env.A = "1"\n', '[mcp_servers]\n\n[mcp_servers.MCP_DOCKER]\nurl = "U"\n'],
  ];
  for (const [text, part] of forms) {
    const after = connected(text, http);
    assert.ok(after.includes(part.replace('"U"', `"${http.url}"`)), `${text}\n----\n${after}`);
    assert.deepEqual({ ...serversOf(after)['MCP_DOCKER'] }, { ...serversOf(table)['MCP_DOCKER'] });
  }
});

test('a server at an address of its own is not made a gateway, in neither form', () => {
  for (const url of [
    'https://mcp.example.com/mcp',
    'http://127.0.0.1:8811/sse',
    'http://127.0.0.1.example.com/mcp',
    'http://10.0.0.1/mcp',
  ]) {
    const text = `[mcp_servers.MCP_DOCKER]\nurl = "${url}"\n`;
    assert.match(refused(text, http), /WHARF_CONFIG_SHAPE 2 .*another address/);
    assert.match(refused(text, stdio), /WHARF_CONFIG_SHAPE 2 .*reached by URL/);
  }
  const headers = '[mcp_servers.MCP_DOCKER]\ncommand = "x"\nhttp_headers = { A = "b" }\n';
  assert.match(refused(headers, stdio), /WHARF_CONFIG_SHAPE 3 .*"http_headers" beside a command/);
});

test('an address of a gateway is one of this computer with the path of one', () => {
  for (const url of ['http://127.0.0.1:8811/p/dev/mcp', 'http://localhost:8811/mcp', 'http://[::1]:1/mcp/', 'HTTP://LOCALHOST/p/a-0/mcp']) {
    assert.ok(gatewayAddress(url) !== undefined, url);
  }
  assert.deepEqual(gatewayAddress('http://localhost:9/mcp'), {
    origin: 'http://localhost:9',
    health: ['http://127.0.0.1:9/health', 'http://[::1]:9/health'],
  });
  for (const url of [
    'https://127.0.0.1/mcp',
    'http://127.0.0.1@example.com/mcp',
    'http://localhost:8811@example.com/mcp',
    'http://localhost.example.com/mcp',
    'http://127.0.0.1:8811/p/a/b/mcp',
    'http://127.0.0.1:8811/mcp?x=1',
    'http://0.0.0.0/mcp',
    'http://127.0.0.256/mcp',
    'http://127.0.0.1:65536/mcp',
    ' http://127.0.0.1/mcp',
  ]) {
    assert.equal(gatewayAddress(url), undefined, url);
  }
});

test('HTTP, then the launcher, then nothing gives the old bytes back', () => {
  fc.assert(
    fc.property(bareText, fc.array(fc.constantFrom(stdio, stdioWithHome, http), { maxLength: 3 }), (text, more) => {
      const servers = parseToml(text).root.members.get('mcp_servers')?.value;
      fc.pre(parseToml(text).errors.length === 0 && !(servers?.kind === 'table' && servers.members.has('MCP_DOCKER')));
      const last = [http, ...more, stdio].reduce((current, entry) => connected(current, entry), text);
      assert.equal(disconnected(last), text);
    }),
    { numRuns: 700 },
  );
});

test('in any file and style the switched entry has the keys of its transport alone, and all else as before', () => {
  fc.assert(
    fc.property(configText, fc.constantFrom(stdio, stdioWithHome), (text, back) => {
      fc.pre(parseToml(text).errors.length === 0);
      const reached = connected(text, http);
      const returned = connected(reached, back);
      for (const [before, after, entry] of [
        [text, reached, http],
        [reached, returned, back],
      ] as const) {
        const { MCP_DOCKER: old = {}, ...oldOthers } = serversOf(before);
        const { MCP_DOCKER: now = {}, ...others } = serversOf(after);
        assert.deepEqual(others, oldOthers);
        const gone = foreignKeys(entry.transport);
        const ours = Object.keys(serversOf(connected('', entry))['MCP_DOCKER'] ?? {});
        const kept = Object.keys(old).filter((key) => !gone.includes(key));
        assert.deepEqual(Object.keys(now).sort(), [...new Set([...kept, ...ours])].sort(), `${before}\n----\n${after}`);
        assert.deepEqual(
          kept.filter((key) => !ours.includes(key)).map((key) => now[key]),
          kept.filter((key) => !ours.includes(key)).map((key) => old[key]),
        );
        assert.equal(connected(after, entry), after);
      }
    }),
    { numRuns: 1000 },
  );
});

const edits: fc.Arbitrary<readonly (readonly [number, number, string])[]> = fc.array(
  fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 3 }), fc.constantFrom('', 'X', 'yz')),
  { maxLength: 4 },
);

/** Edits of a text from distances, so that they never overlap. */
function placed(text: string, steps: readonly (readonly [number, number, string])[]): TextEdit[] {
  let at = 0;
  return steps.map(([skip, length, newText]) => {
    const start = Math.min(at + skip, text.length);
    at = Math.min(start + length, text.length);
    return { range: { start, end: at }, newText };
  });
}

test('two sets of edits made into one do what they do one after the other', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-e]{0,20}$/), edits, edits, (text, one, two) => {
      const first = placed(text, one);
      const between = applyEdits(text, first);
      const second = placed(between, two);
      assert.equal(applyEdits(text, composeEdits(text, first, second)), applyEdits(between, second));
    }),
  );
});
