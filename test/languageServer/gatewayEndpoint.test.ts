import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { checkCodexConfig } from '../../src/core/codexConfig/check.ts';
import { gatewayProbe, type GatewayState } from '../../src/core/codexConfig/gatewayAddress.ts';
import { statusOf } from '../../src/languageServer/statusOf.ts';
import { until } from '../support/until.ts';
import { connect, type TestClient } from './testClient.ts';

const uri = 'file:///work/app/.codex/config.toml';

function config(port: number): string {
  return `[mcp_servers.MCP_DOCKER]\nurl = "http://127.0.0.1:${port}/p/dev/mcp"\ncomand = "x"\n`;
}

/** The codes of the last diagnostics. */
function codes(client: TestClient): string[] {
  return client.published.at(-1)?.diagnostics.map(({ code }) => String(code)) ?? [];
}

test('a gateway that is down is told after all else, and no more once it answers', async (t) => {
  const server = createServer((request, response) => response.writeHead(request.url === '/health' ? 200 : 404).end());
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = await connect(t, { check: checkCodexConfig, restMs: 1, probe: gatewayProbe(statusOf), probeAgainMs: 20 });
  await client.open(uri, config(port));
  await until(() => codes(client).includes('gateway-endpoint-down'));
  assert.deepEqual(
    client.published[0]?.diagnostics.map(({ code }) => code),
    ['unknown-server-key'],
  );
  await listen(port);
  await until(() => !codes(client).includes('gateway-endpoint-down'));
  assert.deepEqual(codes(client), ['unknown-server-key']);
});

test('a probe that never ends holds up nothing, and what it finds after a change is not used', async (t) => {
  const waiting: ((state: GatewayState) => void)[] = [];
  const probe = (): Promise<GatewayState> => new Promise((resolve) => waiting.push(resolve));
  const client = await connect(t, { check: checkCodexConfig, restMs: 1, probe });
  await client.open(uri, config(1));
  assert.equal((await client.diagnostics(uri)).length, 1);
  await until(() => waiting.length === 1);
  await client.change(uri, 2, { text: 'model = "x"\n' });
  assert.deepEqual(await client.diagnostics(uri, 2), []);
  waiting[0]?.('silent');
  await client.change(uri, 3, { text: config(2) });
  assert.equal((await client.diagnostics(uri, 3)).length, 1);
  await until(() => waiting.length === 2);
  waiting[1]?.('unwell');
  await until(() => codes(client).includes('gateway-endpoint-down'));
});

test('what the environment of the server lacks is told at once', async (t) => {
  const client = await connect(t, { check: checkCodexConfig, restMs: 1, isSet: () => false });
  await client.open(uri, '[mcp_servers.a]\nurl = "http://127.0.0.1:1/mcp"\nbearer_token_env_var = "T"\n');
  assert.deepEqual(
    (await client.diagnostics(uri)).map(({ code, severity }) => [code, severity]),
    [['gateway-token-unset', 3]],
  );
});
