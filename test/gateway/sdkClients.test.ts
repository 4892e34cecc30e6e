import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Client as NewClient, StreamableHTTPClientTransport as NewHttp } from '@modelcontextprotocol/client';
import { StdioClientTransport as NewStdio } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startHttpGateway } from '../support/httpGateway.ts';
import { builtPrograms } from '../support/programs.ts';
import { demoProfile, makeHome, type WharfHome } from '../support/wharfHome.ts';

const info = { name: 'sdk', version: '1' };

/** What the official client has to say of a gateway, whatever its version and transport. */
interface AnyClient {
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<{ readonly content?: unknown }>;
  close(): Promise<void>;
}

async function works(t: TestContext, client: AnyClient): Promise<void> {
  t.after(() => client.close());
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map(({ name }) => name).sort(), ['add', 'count_words', 'now']);
  const { content } = await client.callTool({ name: 'add', arguments: { a: 40, b: 2 } });
  assert.deepEqual(content, [{ type: 'text', text: '42' }]);
}

async function stdioOptions(home: WharfHome): Promise<{ command: string; args: string[]; env: Record<string, string>; cwd: string }> {
  const args = [join(await builtPrograms(), 'wharf.cjs'), 'gateway', 'run', '--profile', 'dev'];
  return { command: process.execPath, args, env: { ...home.env }, cwd: home.project };
}

async function home(t: TestContext): Promise<WharfHome> {
  const made = await makeHome(t);
  await made.addProfile('dev', demoProfile);
  return made;
}

test('the official client, version 1, works over stdio', async (t) => {
  const client = new OldClient(info);
  await client.connect(new OldStdio(await stdioOptions(await home(t))));
  await works(t, client as unknown as AnyClient);
});

test('the official client, version 1, works over HTTP', async (t) => {
  const { url, token } = await startHttpGateway(t, await home(t), ['dev']);
  const client = new OldClient(info);
  const transport = new OldHttp(new URL(url), { requestInit: { headers: { authorization: `Bearer ${token}` } } });
  await client.connect(transport);
  await works(t, client as unknown as AnyClient);
});

for (const [era, mode] of [
  ['with a handshake', 'legacy'],
  ['that asks which revision there is', 'auto'],
  ['of revision 2026-07-28 alone', { pin: '2026-07-28' }],
] as const) {
  test(`the official client, version 2, ${era}, works over stdio`, async (t) => {
    const client = new NewClient(info, { versionNegotiation: { mode } });
    await client.connect(new NewStdio(await stdioOptions(await home(t))));
    assert.equal(client.getProtocolEra(), mode === 'legacy' ? 'legacy' : 'modern');
    await works(t, client);
  });

  test(`the official client, version 2, ${era}, works over HTTP`, async (t) => {
    const { url, token } = await startHttpGateway(t, await home(t), ['dev']);
    const client = new NewClient(info, { versionNegotiation: { mode } });
    await client.connect(new NewHttp(new URL(url), { requestInit: { headers: { authorization: `Bearer ${token}` } } }));
    assert.equal(client.getProtocolEra(), mode === 'legacy' ? 'legacy' : 'modern');
    await works(t, client);
  });
}
