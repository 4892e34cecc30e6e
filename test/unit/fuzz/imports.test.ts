import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { adviseServers } from '../../../src/core/advice/advise.ts';
import { readCodexConfig } from '../../../src/core/codexConfig/servers.ts';
import { readCodexServers } from '../../../src/core/imports/codexToml.ts';
import { convertServers } from '../../../src/core/imports/convert.ts';
import type { ForeignConfig } from '../../../src/core/imports/foreign.ts';
import { neededSecrets, reportLines } from '../../../src/core/imports/report.ts';
import { readMcpJson } from '../../../src/core/imports/mcpJson.ts';
import { isSecretName } from '../../../src/core/secrets/reference.ts';
import { mutated, runs } from '../../support/fuzz.ts';
import { profileOf, wishes } from '../imports/imported.ts';

/** Assembled here, so that nobody takes it for a real one. */
const secret = ['k9f8e7d6c5b', '4a39281706'].join('');

const json = JSON.stringify({
  inputs: [{ id: 'key', type: 'promptString', password: true, default: 'x' }],
  mcpServers: {
    a: {
      command: 'docker',
      args: ['run', '-i', '-e', 'API_KEY', '-v', '${workspaceFolder}/x:/y:ro', '--network=none', 'mcp/x:1', '--root', '/y'],
      env: { API_KEY: secret, MODE: '${MODE:-fast}' },
    },
    b: { type: 'http', url: 'https://x.example/mcp', headers: { Authorization: `Bearer ${secret}`, X: '${input:key}' }, timeout: 5000 },
    c: { command: 'npx', args: ['-y', 'mcp-remote', 'https://y.example/mcp', '--header', 'A: ${A}'], env: { A: secret } },
    d: { command: 'uvx', args: ['some-mcp==1.0', '--token', secret] },
    e: { command: '/opt/tool', args: ['${userHome}/x'], env: { TOKEN: '$env:TOKEN', __proto__: 1 }, cwd: '/srv' },
  },
});
const toml = `[mcp_servers.a]
command = "docker"
args = ["run", "--rm", "-e", "TOKEN=${secret}", "mcp/x:1"]
env_vars = ["A", { name = "B" }]
enabled_tools = ["x"]
startup_timeout_sec = 2.5

[mcp_servers.b]
url = "https://x.example/mcp"
bearer_token_env_var = "T"
http_headers = { X-Key = "${secret}" }
oauth = { client_id = "x" }
`;
const words = [
  '"',
  '\\u0000',
  '\ue000',
  '${',
  '}',
  '${input:key}',
  '{{x}}',
  '$(pwd)',
  '__proto__',
  'constructor',
  '\\n',
  '-v',
  '--',
  '=',
  ':',
  '/',
  '../',
  '[]',
  '{}',
  'null',
  '1e999',
];

/** Whatever a file says: the entries are a profile, no secret stands in it or in a line, and the vault could keep what is for it. */
function isSound({ servers }: ForeignConfig, mayBeNative: boolean): boolean {
  const imported = convertServers(servers, wishes({ mayBeNative }));
  assert.equal(imported.length, servers.length);
  profileOf(imported);
  for (const name of neededSecrets(imported).keys()) {
    assert.ok(isSecretName(name), name);
  }
  const entries = JSON.stringify(imported.map(({ outcome }) => ('entry' in outcome ? outcome.entry : null)));
  const lines = reportLines(imported);
  // In a variable or a header; an argument under a name that says nothing could be anything.
  const isElsewhere = servers.some(({ transport }) =>
    JSON.stringify(transport.kind === 'http' ? transport.url : [transport.command, transport.args]).includes(secret),
  );
  assert.ok(isElsewhere || !(entries + lines.join('\n')).includes(secret));
  return imported.some(({ outcome }) => 'entry' in outcome);
}

test('whatever stands in the JSON of a client, what comes of it is a sound profile without a secret in it', () => {
  let sound = 0;
  fc.assert(
    fc.property(
      mutated([json], words),
      fc.boolean(),
      fc.constantFrom('claude-code', 'vscode', 'cursor', 'claude-desktop'),
      (text, native, client) => {
        const read = readMcpJson(text, { client, file: 'mcp.json', folder: '/' });
        if (read.ok && isSound(read.value, native)) {
          sound++;
        }
      },
    ),
    runs(150),
  );
  assert.ok(sound > 0);
});

test("whatever stands in Codex's configuration, it is a sound profile, and advice on it says no secret", () => {
  let sound = 0;
  fc.assert(
    fc.property(mutated([toml], words), fc.boolean(), (text, native) => {
      const read = readCodexServers(text, 'config.toml');
      if (!read.ok) {
        return;
      }
      const { scanner } = wishes();
      const isSecretText = (one: string): boolean => scanner.scanText(new TextEncoder().encode(one)).length > 0;
      adviseServers(readCodexConfig(text), { file: 'c', home: '/home/you', profile: 'dev', isSecretText });
      sound += isSound(read.value, native) ? 1 : 0;
    }),
    runs(150),
  );
  assert.ok(sound > 0);
});
