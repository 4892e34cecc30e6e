import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectGateway, disconnectGateway } from '../../../src/core/codexConfig/connect.ts';
import type { ConfigEdit } from '../../../src/core/codexConfig/connect.ts';
import type { StdioGatewayEntry } from '../../../src/core/codexConfig/gatewayEntry.ts';
import type { Problem } from '../../../src/shared/problem.ts';

const entry: StdioGatewayEntry = {
  name: 'MCP_DOCKER',
  transport: 'stdio',
  command: 'docker',
  args: ['mcp', 'gateway', 'run', '--profile', 'dev'],
  env: {},
  startupTimeoutSec: 60,
  toolTimeoutSec: 300,
  approval: null,
};

const table = `[mcp_servers.MCP_DOCKER]
command = "docker"
args = ["mcp", "gateway", "run", "--profile", "dev"]
startup_timeout_sec = 60
tool_timeout_sec = 300
`;

function connected(text: string, change: Partial<StdioGatewayEntry> = {}): string {
  return edit(text, change).text;
}

function edit(text: string, change: Partial<StdioGatewayEntry> = {}): ConfigEdit {
  const result = connectGateway(text, { ...entry, ...change }, 'config.toml');
  assert.ok(result.ok, result.ok ? '' : result.problem.message);
  return result.value;
}

function refused(text: string): Problem {
  const result = connectGateway(text, entry, '.codex/config.toml');
  assert.ok(!result.ok);
  return result.problem;
}

function disconnected(text: string): string {
  const result = disconnectGateway(text, 'MCP_DOCKER', 'config.toml');
  assert.ok(result.ok, result.ok ? '' : result.problem.message);
  return result.value.text;
}

test('a file without the entry gets a new table at its end, behind a blank line, in its own line ends', () => {
  assert.equal(connected(''), table);
  assert.equal(connected('model = "x"\n'), `model = "x"\n\n${table}`);
  assert.equal(connected('model = "x"\r\n'), `model = "x"\r\n\r\n${table.replaceAll('\n', '\r\n')}`);
  assert.equal(connected('model = "x" # end'), `model = "x" # end\n\n${table.trimEnd()}`);
  assert.equal(connected('\uFEFF'), `\uFEFF${table}`);
  assert.equal(
    connected('', { approval: 'approve', env: { WHARF_HOME: '/srv/wharf', 'A B': '"q"' } }),
    `${table}default_tools_approval_mode = "approve"\n\n[mcp_servers.MCP_DOCKER.env]\nWHARF_HOME = "/srv/wharf"\n"A B" = "\\"q\\""\n`,
  );
});

test('numbers are written plainly', () => {
  assert.match(connected('', { startupTimeoutSec: 1000, toolTimeoutSec: 0.5 }), /startup_timeout_sec = 1000\ntool_timeout_sec = 0\.5\n/);
});

test('an existing table keeps its comments, order, quoting and other keys', () => {
  const text = `# top
[mcp_servers.MCP_DOCKER]   # ours
args = [
  'mcp', 'gateway', 'run',   # the gateway
  "--profile", 'old',        # which one
  # "--verbose",
]
startup_timeout_sec = 120.0  # slow disk
enabled_tools = ["a"]
command = 'docker.exe'
# end of table

[tui]
`;
  const expected = text
    .replace("'old', ", "'dev', ")
    .replace('120.0', '60')
    .replace("'docker.exe'\n", "'docker'\ntool_timeout_sec = 300\n");
  assert.equal(connected(text), expected);
  assert.equal(edit(text).edits.length, 4);
});

test('equal values are left as they are written', () => {
  const text = `mcp_servers.MCP_DOCKER = { command = 'docker', args = ["mcp", 'gateway', """run""", "--profile", "dev"], startup_timeout_sec = 6_0.0, tool_timeout_sec = 3e2 }`;
  assert.deepEqual(edit(text).edits, []);
});

test('only the given variables are set, in whichever form env has', () => {
  const env = { A: '2', WHARF_HOME: '/w' };
  const forms: readonly (readonly [string, string])[] = [
    ['env = { A = "1", B = "b" }\n', 'env = { A = "2", B = "b", WHARF_HOME = "/w" }\n'],
    ["env = {\n  A = '1', # one\n  B = 'b', # two\n}\n", "env = {\n  A = '2', # one\n  B = 'b', # two\n  WHARF_HOME = \"/w\",\n}\n"],
    ['env = {\n  B = "b" # two\n}\n', 'env = {\n  B = "b", # two\n  A = "2",\n  WHARF_HOME = "/w"\n}\n'],
    ['env.B = "b"\n', 'env.B = "b"\nenv.A = "2"\nenv.WHARF_HOME = "/w"\n'],
    ['\n[mcp_servers.MCP_DOCKER.env] # vars\nB = "b"\n', '\n[mcp_servers.MCP_DOCKER.env] # vars\nB = "b"\nA = "2"\nWHARF_HOME = "/w"\n'],
    ['', 'env = { A = "2", WHARF_HOME = "/w" }\n'],
    ['env = {}\n', 'env = {A = "2", WHARF_HOME = "/w"}\n'],
  ];
  for (const [before, after] of forms) {
    assert.equal(connected(table + before, { env }), table + after);
  }
});

test('a server that only sub-tables imply gets its own table in front of them', () => {
  assert.equal(
    connected('[tui]\n\n# approvals\n[mcp_servers.MCP_DOCKER.tools.x]\napproval_mode = "prompt"\n'),
    `[tui]\n\n${table}\n# approvals\n[mcp_servers.MCP_DOCKER.tools.x]\napproval_mode = "prompt"\n`,
  );
});

test('dotted keys and inline tables stay dotted keys and inline tables', () => {
  assert.equal(
    connected('mcp_servers . MCP_DOCKER.command = "docker"\nmodel = "x"\n'),
    'mcp_servers . MCP_DOCKER.command = "docker"\n' +
      'mcp_servers . MCP_DOCKER.args = ["mcp", "gateway", "run", "--profile", "dev"]\n' +
      'mcp_servers . MCP_DOCKER.startup_timeout_sec = 60\nmcp_servers . MCP_DOCKER.tool_timeout_sec = 300\nmodel = "x"\n',
  );
  assert.equal(
    connected('mcp_servers = { a = { command = "x" } } # all\n'),
    'mcp_servers = { a = { command = "x" }, MCP_DOCKER = { command = "docker", ' +
      'args = ["mcp", "gateway", "run", "--profile", "dev"], startup_timeout_sec = 60, tool_timeout_sec = 300 } } # all\n',
  );
});

test('the approval mode is left alone unless one is asked for', () => {
  const text = `${table}default_tools_approval_mode = "prompt"\n`;
  assert.deepEqual(edit(text).edits, []);
  assert.equal(connected(text, { approval: 'approve' }), `${table}default_tools_approval_mode = "approve"\n`);
});

test('a file that is not TOML is refused with the line', () => {
  const problem = refused('model = "x"\n[mcp_servers.a\ncommand = "x"\n');
  assert.equal(problem.code, 'WHARF_CONFIG_SYNTAX');
  assert.deepEqual(problem.place, { file: '.codex/config.toml', line: 2, column: 1 });
  assert.match(problem.message, /header has no closing \]/);
  const gone = disconnectGateway('a = \n', 'MCP_DOCKER', 'f');
  assert.equal(!gone.ok && gone.problem.code, 'WHARF_CONFIG_SYNTAX');
});

test('tables that cannot take the entry are refused with the place', () => {
  const shapes: readonly (readonly [string, number])[] = [
    ['mcp_servers = 3\n', 1],
    ['\n[[mcp_servers]]\ncommand = "x"\n', 2],
    ['[mcp_servers]\nMCP_DOCKER = "docker"\n', 2],
    ['[[mcp_servers.MCP_DOCKER]]\ncommand = "x"\n', 1],
    ['[mcp_servers.MCP_DOCKER]\n\nurl = "https://mcp.example.com/mcp"\n', 3],
    ['[mcp_servers.MCP_DOCKER]\ncommand.x = "docker"\n', 2],
    ['[mcp_servers.MCP_DOCKER.args]\nx = 1\n', 1],
    ['[mcp_servers.MCP_DOCKER]\nenv = ["A=1"]\n', 2],
  ];
  for (const [text, line] of shapes) {
    const problem = refused(text);
    assert.equal(problem.code, 'WHARF_CONFIG_SHAPE', text);
    assert.equal(problem.place?.line, line, text);
  }
});

test('disconnecting takes the tables of the entry and the comment that belongs to them, and nothing else', () => {
  const kept =
    '#:schema https://example.com/schema.json\nmodel = "x"\n\n# --- servers ---\n\n[mcp_servers.a]\ncommand = "a"\n# timeout = 3\n';
  const after = '\n# b\n[mcp_servers.b]\ncommand = "b"\n';
  const ours = `\n# The gateway.\n# Do not edit.\n${table}\n[mcp_servers.MCP_DOCKER.env]\nA = "1" # one\n`;
  assert.equal(disconnected(kept + ours + after), kept + after);
  assert.equal(disconnected(kept + ours), kept);
  assert.equal(disconnected(`${table}\n[tui]\n`), '[tui]\n');
  assert.equal(disconnected(`#:schema https://example.com/schema.json\n${table}`), '#:schema https://example.com/schema.json\n');
  assert.equal(disconnected(`[a]\nx = 1\n# y = 2\n${table}[b]\n`), '[a]\nx = 1\n# y = 2\n[b]\n');
  assert.equal(disconnected(`[a]\n\n# =======\n# Servers\n# =======\n${table}`), '[a]\n\n# =======\n# Servers\n# =======\n');
  assert.equal(disconnected('model = "x"\n'), 'model = "x"\n');
});

test('disconnecting takes dotted keys and inline entries out of their place', () => {
  assert.equal(
    disconnected(
      'model = "x"\nmcp_servers.MCP_DOCKER.command = "d" # c\nmcp_servers.a.command = "a"\nmcp_servers.MCP_DOCKER.env.A = "1"\n',
    ),
    'model = "x"\nmcp_servers.a.command = "a"\n',
  );
  assert.equal(
    disconnected('[mcp_servers]\na = { command = "a" }\n"MCP_DOCKER" = { command = "d" }\n'),
    '[mcp_servers]\na = { command = "a" }\n',
  );
  assert.equal(
    disconnected('mcp_servers = { MCP_DOCKER = { command = "d" }, a = { command = "a" } }'),
    'mcp_servers = { a = { command = "a" } }',
  );
  assert.equal(disconnected('mcp_servers = { a.command = "a", MCP_DOCKER.command = "d" }'), 'mcp_servers = { a.command = "a" }');
  assert.equal(
    disconnected('mcp_servers = {\n  a.command = "a", # a\n  MCP_DOCKER.command = "d"\n}\n'),
    'mcp_servers = {\n  a.command = "a" # a\n}\n',
  );
});
