import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { bundledProgram, type Program } from './program.ts';

let wharf: Program;
before(async () => {
  wharf = await bundledProgram();
  mkdirSync(join(wharf.project, '.codex'));
});
after(() => wharf.remove());

test('check asks the gateways of this computer, and a variable that is not set is no problem by itself', async (t) => {
  const server = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const text = `[mcp_servers.MCP_DOCKER]\nurl = "http://127.0.0.1:${port}/p/dev/mcp"\nbearer_token_env_var = "WHARF_HTTP_TOKEN"\n`;
  writeFileSync(join(wharf.project, '.codex', 'config.toml'), text);
  const up = await wharf.run(['check']);
  assert.equal(up.code, 0, up.stdout);
  assert.match(up.stdout, /^\.codex\/config\.toml:3:24: info: .*\(gateway-token-unset\)\n$/);
  assert.equal((await wharf.run(['check'], { env: { WHARF_HTTP_TOKEN: 'x' } })).stdout, '');

  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const down = await wharf.run(['check'], { env: { WHARF_HTTP_TOKEN: 'x' } });
  assert.equal(down.code, 1);
  assert.match(down.stdout, /^\.codex\/config\.toml:2:7: warning: Nothing answers .*\(gateway-endpoint-down\)\n$/);
});
