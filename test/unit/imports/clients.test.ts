import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { readCodexServers } from '../../../src/core/imports/codexToml.ts';
import { readMcpJson } from '../../../src/core/imports/mcpJson.ts';
import { neededSecrets, reportLines } from '../../../src/core/imports/report.ts';
import { sharedData } from '../../support/sharedData.ts';
import { importText, leftOf, profileOf, serverOf, whyLeft } from './imported.ts';

/** Assembled here, so that nobody takes it for a real one. */
const token = ['ghp_0a1B2c3D4e5F6g7H8i9J', '0k1L2m3N4o0aZ9q1'].join('');

test('a project file of Claude Code: variables, defaults, types, and a server that is turned off', () => {
  const imported = importText(
    'claude-code',
    JSON.stringify({
      mcpServers: {
        'my db': {
          type: 'stdio',
          command: 'docker',
          args: ['run', '-i', '--rm', '-e', 'DATABASE_URL', '-e', 'LOG_LEVEL', 'mcp/postgres'],
          env: { DATABASE_URL: 'postgres://app:${DB_PASSWORD}@db.example:5432/app', LOG_LEVEL: '${LOG_LEVEL:-info}' },
        },
        api: { type: 'http', url: 'https://api.example.com/mcp', headers: { Authorization: 'Bearer ${API_KEY}', 'X-Team': 'core' } },
        old: { type: 'sse', url: 'https://old.example.com/events' },
        off: { command: 'npx', args: ['x'], disabled: true },
        socket: { type: 'ws', url: 'wss://example.com' },
      },
    }),
  );
  const [db, api, old, off] = imported;
  assert.ok(db && api && old && off);
  assert.equal(imported.length, 4);
  const server = serverOf(db);
  assert.ok(server.kind === 'image');
  assert.equal(server.name, 'my-db');
  assert.deepEqual(server.secrets, [{ env: 'DB_PASSWORD', reference: 'secret://my-db.DB_PASSWORD', as: 'env' }]);
  assert.deepEqual(server.env, { DATABASE_URL: 'postgres://app:${DB_PASSWORD}@db.example:5432/app', LOG_LEVEL: 'info' });
  assert.match(leftOf(db), /\$\{LOG_LEVEL\} of LOG_LEVEL: its default is written/);
  const remote = serverOf(api);
  assert.ok(remote.kind === 'remote');
  assert.deepEqual(remote.headers, { Authorization: 'Bearer ${AUTHORIZATION}', 'X-Team': 'core' });
  assert.deepEqual(remote.secrets, [{ env: 'AUTHORIZATION', reference: 'secret://api.AUTHORIZATION', as: 'env' }]);
  const sse = serverOf(old);
  assert.ok(sse.kind === 'remote');
  assert.equal(sse.transport, 'sse');
  assert.equal(whyLeft(off), 'it is turned off there');
});

test("VS Code's file with comments: what it asks a person for becomes a secret, and what it does not know is named", () => {
  const imported = importText(
    'vscode',
    `{
  // asked once
  "inputs": [
    { "type": "promptString", "id": "key", "description": "Key", "password": true },
    { "type": "promptString", "id": "team", "description": "Team", "default": "core" },
    { "type": "pickString", "id": "region", "options": ["eu", "us"] },
  ],
  "servers": {
    "one": {
      "type": "stdio",
      "command": "docker",
      "args": ["run", "-i", "-e", "SERVICE", "-e", "TEAM", "-e", "REGION", "mcp/one"],
      "env": { "SERVICE": "\${input:key}", "TEAM": "\${input:team}", "REGION": "\${input:region}" },
      "envFile": "\${workspaceFolder}/.env", /* not read */
      "dev": { "watch": "src" },
    },
    "two": { "type": "http", "url": "https://two.example/mcp", "headers": { "X-Api-Key": "\${input:key}" } },
    "three": { "command": "docker", "args": ["run", "-e", "PLACE", "mcp/three"], "env": { "PLACE": "\${command:pick}" } },
  },
}`,
  );
  const [one, two, three] = imported;
  assert.ok(one && two && three);
  const server = serverOf(one);
  assert.ok(server.kind === 'image');
  assert.deepEqual(server.env, { TEAM: 'core' });
  assert.deepEqual(
    server.secrets.map(({ env, reference }) => [env, reference]),
    [
      ['SERVICE', 'secret://one.SERVICE'],
      ['REGION', 'env://REGION'],
    ],
  );
  assert.match(leftOf(one), /"envFile": .*"wharf secret import FILE"/);
  assert.match(leftOf(one), /"dev": /);
  const remote = serverOf(two);
  assert.ok(remote.kind === 'remote');
  assert.deepEqual(remote.headers, { 'X-Api-Key': '${X_API_KEY}' });
  assert.match(leftOf(three), /PLACE: \$\{command:pick\} is filled in by the client alone/);
});

test('Cursor: variables of the environment in its form, and a login by its own means', () => {
  const imported = importText(
    'cursor',
    JSON.stringify({
      mcpServers: {
        a: {
          command: 'docker',
          args: ['run', '-v', '${workspaceFolder}:/w', '-e', 'REGION', '-e', 'ACCESS_KEY', 'mcp/a'],
          env: { REGION: '${env:AWS_REGION}', ACCESS_KEY: '$env:THE_KEY' },
        },
        b: { url: 'https://b.example/sse', auth: { CLIENT_ID: 'x' } },
      },
    }),
  );
  const [a, b] = imported;
  assert.ok(a && b);
  const server = serverOf(a);
  assert.ok(server.kind === 'image');
  assert.deepEqual(server.secrets, [
    { env: 'ACCESS_KEY', reference: 'secret://a.ACCESS_KEY', as: 'env' },
    { env: 'REGION', reference: 'env://AWS_REGION', as: 'env' },
  ]);
  const remote = serverOf(b);
  assert.ok(remote.kind === 'remote');
  assert.deepEqual([remote.transport, remote.oauthScopes], ['sse', []]);
  assert.match(leftOf(b), /"auth": "wharf oauth authorize"/);
});

test('Claude Desktop fills nothing in; a secret that stands in its file is no part of the profile, and of no line', () => {
  const imported = importText(
    'claude-desktop',
    JSON.stringify({
      mcpServers: {
        github: {
          command: 'docker',
          args: ['run', '-e', 'GITHUB_TOKEN', '-e', 'NOTE', 'ghcr.io/github/github-mcp-server'],
          env: { GITHUB_TOKEN: token, NOTE: 'costs $5' },
        },
        inline: { command: 'docker', args: ['run', `-eGITHUB_TOKEN=${token}`, 'mcp/x'] },
        placeholder: { command: 'docker', args: ['run', '-e', 'API_KEY', 'mcp/y'], env: { API_KEY: '<your key>' } },
      },
    }),
  );
  assert.equal(neededSecrets(imported).get('github.GITHUB_TOKEN'), token);
  assert.equal(neededSecrets(imported).get('inline.GITHUB_TOKEN'), token);
  assert.equal(neededSecrets(imported).get('placeholder.API_KEY'), null);
  assert.ok(!reportLines(imported).join('\n').includes(token));
  assert.ok(!JSON.stringify(imported.map(({ outcome }) => outcome)).includes(token));
  const [github] = imported;
  assert.ok(github);
  assert.match(leftOf(github), /NOTE: the variable "NOTE" has a template or a "\$"/);
});

test("the user's file of Claude Code: servers for all projects and for this one, which may be turned off by its list", () => {
  const remote = (host: string) => ({ type: 'http', url: `https://${host}.example/mcp` });
  const imported = importText(
    'claude-code',
    JSON.stringify({
      numStartups: 7,
      mcpServers: { everywhere: remote('all'), both: remote('user') },
      projects: {
        '/home/you/work': {
          mcpServers: { here: remote('here'), both: remote('project'), quiet: remote('quiet') },
          disabledMcpServers: ['quiet'],
        },
        '/elsewhere': { mcpServers: { other: remote('other') } },
      },
    }),
  );
  assert.deepEqual(
    imported.map(({ as, outcome }) => [as, outcome.kind]),
    [
      ['everywhere', 'remote'],
      ['both', 'remote'],
      ['here', 'remote'],
      ['quiet', 'left'],
    ],
  );
  assert.deepEqual(
    profileOf(imported).map((server) => (server.kind === 'remote' ? server.url : '')),
    ['https://all.example/mcp', 'https://project.example/mcp', 'https://here.example/mcp'],
  );
});

test("Codex's entries: what is passed on from the environment, times, tools, and what stands elsewhere now", () => {
  const imported = importText(
    'codex',
    `
[mcp_servers.db]
command = "docker"
args = ["run", "-i", "--rm", "-e", "PGHOST", "-e", "PGPASSWORD", "mcp/pg"]
env = { PGHOST = "db.example" }
env_vars = ["PGPASSWORD", { name = "PGUSER", source = "local" }]
startup_timeout_sec = 45
tool_timeout_sec = 1.5
enabled_tools = ["query"]
disabled_tools = ["drop"]
required = true
cwd = "/srv"
default_tools_approval_mode = "prompt"

[mcp_servers.api]
url = "https://api.example/mcp"
bearer_token_env_var = "API_TOKEN"
http_headers = { X-Team = "core" }
env_http_headers = { X-User = "USER" }
scopes = ["read"]

[mcp_servers.off]
command = "x"
enabled = false

[mcp_servers.gateway]
url = "http://127.0.0.1:8811/mcp"

[mcp_servers.broken]
args = ["x"]
`,
  );
  const [db, api, off, gateway] = imported;
  assert.ok(db && api && off && gateway);
  const server = serverOf(db);
  assert.ok(server.kind === 'image');
  assert.deepEqual(
    [server.env, server.tools, server.startTimeoutMs, server.callTimeoutMs],
    [{ PGHOST: 'db.example' }, ['query'], 45_000, 1500],
  );
  assert.deepEqual(server.secrets, [{ env: 'PGPASSWORD', reference: 'secret://db.PGPASSWORD', as: 'env' }]);
  const left = leftOf(db);
  for (const part of [
    'PGUSER: it reached',
    'disabled_tools: ',
    'required: ',
    'default_tools_approval_mode: ',
    'the folder that it ran in: ',
  ]) {
    assert.ok(left.includes(part), `${part}\n${left}`);
  }
  const remote = serverOf(api);
  assert.ok(remote.kind === 'remote');
  assert.deepEqual(remote.headers, { 'X-Team': 'core', 'X-User': '${X_USER}', Authorization: 'Bearer ${AUTHORIZATION}' });
  assert.deepEqual(remote.oauthScopes, ['read']);
  assert.equal(whyLeft(off), 'it is turned off there');
  assert.equal(whyLeft(gateway), 'it is a gateway itself');
  const read = readCodexServers('[mcp_servers.broken]\nargs = ["x"]\n', 'c');
  assert.deepEqual(read.ok && read.value.unusable, [{ name: 'broken', why: 'it has neither "command" nor "url"' }]);
});

test('a remote server that a package only passes on to is reached without the package', () => {
  const imported = importText(
    'claude-desktop',
    JSON.stringify({
      mcpServers: {
        linear: { command: 'npx', args: ['-y', 'mcp-remote@0.1.16', 'https://mcp.linear.app/sse'] },
        internal: {
          command: 'cmd',
          args: ['/c', 'npx', 'mcp-remote', 'https://mcp.example.com/mcp', '--header', 'Authorization:${AUTH}', '--debug'],
          env: { AUTH: `Bearer ${token}` },
        },
        proxy: { command: 'uvx', args: ['mcp-proxy', '--transport', 'streamablehttp', 'https://p.example/mcp'] },
        plain: { command: 'npx', args: ['mcp-remote', 'http://intranet.example/mcp', '--allow-http'] },
      },
    }),
  );
  const [linear, internal, proxy, plain] = imported;
  assert.ok(linear && internal && proxy && plain);
  assert.ok(serverOf(linear).kind === 'remote');
  const server = serverOf(internal);
  assert.ok(server.kind === 'remote');
  assert.deepEqual(server.headers, { Authorization: 'Bearer ${AUTHORIZATION}' });
  assert.equal(neededSecrets(imported).get('internal.AUTHORIZATION'), token);
  assert.ok(serverOf(proxy).kind === 'remote');
  assert.match(whyLeft(plain), /needs https/);
});

test('an address with a secret, or with a placeholder, is left with the reason', () => {
  const imported = importText(
    'cursor',
    JSON.stringify({
      mcpServers: {
        query: { url: ['https://mcp.example.com/mcp?api_key=', 'k9f8e7d6c5b4a39281706'].join('') },
        login: { url: 'https://me:word@mcp.example.com/mcp' },
        host: { url: 'https://${env:HOST_NAME}/mcp' },
      },
    }),
  );
  assert.deepEqual(
    imported.map(whyLeft).map((why) => why.slice(0, 30)),
    ['its address holds a secret, wh', 'its address holds a secret, wh', 'its address has a placeholder,'],
  );
});

test('a file that is no configuration is said to be none, with the place where JSON ends', () => {
  const source = { client: 'cursor', file: 'x.json', folder: '/' } as const;
  const broken = readMcpJson('{\n  "mcpServers": { "a": }\n}', source);
  assert.ok(!broken.ok);
  assert.deepEqual([broken.problem.code, broken.problem.place?.line], ['WHARF_IMPORT_SYNTAX', 2]);
  for (const text of ['[]', '"x"', '{ "mcpServers": [] }', '{ "servers": 1 }']) {
    const read = readMcpJson(text, source);
    assert.equal(read.ok ? '' : read.problem.code, 'WHARF_IMPORT_SHAPE', text);
  }
  for (const text of ['', '{}', '// nothing', '\ufeff{}']) {
    const read = readMcpJson(text, source);
    assert.deepEqual(read.ok && read.value, { servers: [], unusable: [] }, text);
  }
  const odd = readMcpJson(
    '{"mcpServers":{"a":1,"b":{},"c":{"command":"x","args":"y"},"d":{"command":"x","env":[1]},"__proto__":{"command":"x"}}}',
    source,
  );
  assert.ok(odd.ok);
  assert.equal(odd.value.unusable.length, 4);
});

test("every configuration of a client in Docker's own tests can be read, and each of its servers is accounted for", (t) => {
  const folder = sharedData(t, 'docker-gateway/pkg/client/testdata/list');
  if (folder === undefined) {
    return;
  }
  for (const name of readdirSync(folder).filter((file) => /\.jsonc?$/.test(file))) {
    const read = readMcpJson(readFileSync(join(folder, name), 'utf8'), { client: 'vscode', file: name, folder: '/' });
    assert.ok(read.ok, name);
    assert.ok(read.value.servers.length > 0 || name === 'opencode.json', name);
  }
  const vscode = importText('vscode', readFileSync(join(folder, 'vscode.json'), 'utf8'));
  assert.deepEqual(
    vscode.map(({ as, outcome }) => [as, outcome.kind]),
    [
      ['Perplexity', 'container'],
      ['fetch', 'package'],
      ['my-remote-server', 'left'],
    ],
  );
});
