import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import { checkCodexConfig } from '../../src/core/codexConfig/check.ts';
import { apply, connect, type TestClient } from './testClient.ts';

const uri = 'file:///work/app/.codex/config.toml';

async function opened(t: TestContext, text: string): Promise<{ client: TestClient; diagnostics: Diagnostic[] }> {
  const client = await connect(t, { check: checkCodexConfig, restMs: 1 }, { codexHome: '/home/someone/.codex' });
  await client.open(uri, text);
  return { client, diagnostics: await client.diagnostics(uri) };
}

/** The diagnostic at a piece of text, found by its range. */
function at(text: string, diagnostics: readonly Diagnostic[], part: string): Diagnostic {
  const lines = text.slice(0, text.indexOf(part)).split('\n');
  const start = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
  const end = { line: start.line, character: start.character + part.length };
  const found = diagnostics.find((diagnostic) => JSON.stringify(diagnostic.range) === JSON.stringify({ start, end }));
  assert.ok(found !== undefined, `nothing at ${JSON.stringify(part)}: ${JSON.stringify(diagnostics)}`);
  return found;
}

async function preferred(client: TestClient, diagnostic: Diagnostic): Promise<CodeAction | undefined> {
  const actions = await client.actions(uri, diagnostic.range);
  return actions.find((action) => action.isPreferred === true && action.diagnostics?.[0]?.code === diagnostic.code);
}

/** Takes the preferred fix, sends the change as an editor would, and gives the text that came out. */
async function repaired(client: TestClient, text: string, diagnostic: Diagnostic): Promise<string> {
  const result = apply(text, uri, await preferred(client, diagnostic));
  await client.change(uri, 2, { text: result });
  const after = await client.diagnostics(uri, 2);
  assert.ok(!after.some((other) => other.code === diagnostic.code), `still there: ${JSON.stringify(after)}`);
  return result;
}

test('a misspelt key is found and its quick fix writes the key that Codex reads', async (t) => {
  const text = '# mine\n[mcp_servers.x]\ncommand = "node" # 👋\nstartup_timeout = 60 # slow\n';
  const { client, diagnostics } = await opened(t, text);
  const result = await repaired(client, text, at(text, diagnostics, 'startup_timeout'));
  assert.equal(result, '# mine\n[mcp_servers.x]\ncommand = "node" # 👋\nstartup_timeout_sec = 60 # slow\n');
});

test('a misspelt table is found and its quick fix writes the name that Codex reads, keeping CRLF', async (t) => {
  const text = 'model = "gpt-5.5" # 👋\r\n\r\n[mcpServers.x]\r\ncommand = "node"\r\n';
  const { client, diagnostics } = await opened(t, text);
  const result = await repaired(client, text, at(text, diagnostics, 'mcpServers'));
  assert.equal(result, 'model = "gpt-5.5" # 👋\r\n\r\n[mcp_servers.x]\r\ncommand = "node"\r\n');
});

test('a start-up timeout too low for the gateway is found and raised', async (t) => {
  const entry = '[mcp_servers.MCP_DOCKER]\ncommand = "docker"\nargs = ["mcp", "gateway", "run", "--profile", "dev"]\n';
  const text = `${entry}startup_timeout_sec = 1\ntool_timeout_sec = 300\n`;
  const { client, diagnostics } = await opened(t, text);
  const low = diagnostics.find((diagnostic) => diagnostic.range.start.line === 3);
  assert.ok(low !== undefined, JSON.stringify(diagnostics));
  const result = await repaired(client, text, low);
  assert.ok(result.startsWith(`${entry}startup_timeout_sec = `) && result.endsWith('\ntool_timeout_sec = 300\n'), result);
  assert.ok(Number(/startup_timeout_sec = (\d+)/.exec(result)?.[1]) > 1, result);
});

test('an absent start-up timeout of the gateway is found and added, and nothing else changes', async (t) => {
  for (const end of ['\n', '\r\n']) {
    const lines = [
      '[mcp_servers.MCP_DOCKER]',
      'command = "docker"',
      'args = ["mcp", "gateway", "run", "--profile", "dev"]',
      '',
      '[mcp_servers.y]',
    ];
    const text = [...lines, 'command = "node"', ''].join(end);
    const { client, diagnostics } = await opened(t, text);
    const absent = diagnostics.find((diagnostic) => String(diagnostic.code).includes('startup-timeout'));
    assert.ok(absent !== undefined, JSON.stringify(diagnostics));
    const result = await repaired(client, text, absent);
    const added = result.split(end).filter((line) => line.startsWith('startup_timeout_sec = '));
    assert.equal(added.length, 1, result);
    assert.equal(result.replace(`${added[0]}${end}`, ''), text);
  }
});

test('a file that does not parse gets a diagnostic where it breaks, and loses it when it is mended', async (t) => {
  const broken = '[mcp_servers.x]\ncommand = "node\nargs = []\n';
  const { client, diagnostics } = await opened(t, broken);
  assert.ok(
    diagnostics.some((diagnostic) => diagnostic.severity === 1 && diagnostic.range.start.line === 1),
    JSON.stringify(diagnostics),
  );
  await client.change(uri, 2, { range: { start: { line: 1, character: 15 }, end: { line: 1, character: 15 } }, text: '"' });
  assert.deepEqual(await client.diagnostics(uri, 2), []);
});
