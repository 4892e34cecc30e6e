import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { TestSession } from '../../support/testSession.ts';
import { jsonHandler, serve, type TestHttpServer } from './remoteServers.ts';

type Values = Readonly<Record<string, unknown>>;

/** A server of 2026-07-28 that wants an argument repeated in a header, and looks. `names` are what it calls that over time. */
async function strictServer(t: TestContext, names: string[]): Promise<TestHttpServer> {
  return serve(
    t,
    jsonHandler((message, request, response) => {
      const { id, method, params } = message as { id?: unknown; method: string; params?: Values };
      const reply = (result: Values): Values => ({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } });
      const properties = { region: { type: 'string', 'x-mcp-header': names[0] }, size: { type: 'integer', 'x-mcp-header': 'Size' } };
      const broken = { x: { type: 'array', items: { type: 'string', 'x-mcp-header': 'Bad' } } };
      switch (method) {
        case 'server/discover':
          return reply({ supportedVersions: ['2026-07-28'], capabilities: { tools: {} } });
        case 'tools/list':
          return reply({
            tools: [
              { name: 'query', inputSchema: { type: 'object', properties } },
              { name: 'broken', inputSchema: { type: 'object', properties: broken } },
            ],
          });
        case 'tools/call': {
          const { region } = (params?.['arguments'] ?? {}) as Values;
          if (request.headers[`mcp-param-${names[0]?.toLowerCase()}`] !== region) {
            response.writeHead(400, { 'content-type': 'application/json' });
            response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32020, message: 'Header mismatch' } }));
            return undefined;
          }
          return reply({ content: [{ type: 'text', text: String(region) }] });
        }
        default:
          return id === undefined ? undefined : { jsonrpc: '2.0', id, error: { code: -32601, message: 'unknown' } };
      }
    }),
  );
}

function clientOf(url: string): TestSession {
  return new TestSession({ far: () => Promise.reject(new Error('no container')) }, {
    kind: 'remote',
    url,
    transport: 'streamable',
    headers: {},
  } as never);
}

const calls = (server: TestHttpServer): readonly Values[] =>
  server.seen.map(({ headers }) => headers).filter((headers) => headers['mcp-method'] === 'tools/call');

test('an argument that a remote server of 2026-07-28 wants in a header is repeated there, and clients see no word of it', async (t) => {
  const server = await strictServer(t, ['Region']);
  const client = clientOf(server.url);
  t.after(() => client.session.close());
  await client.initialize();
  const { result } = await client.request('tools/list', {});
  const { tools } = result as { tools: readonly { name: string; inputSchema: unknown }[] };
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['query'],
  );
  assert.doesNotMatch(JSON.stringify(tools), /x-mcp-header/);
  assert.match(client.log.join('\n'), /The tool "broken" of "far" is left out: it wants the header "Bad"/);
  const first = await client.request('tools/call', { name: 'query', arguments: { region: 'eu', size: 7 } });
  assert.equal(first.error, undefined);
  await client.request('tools/call', { name: 'query', arguments: { size: null } });
  assert.deepEqual(
    calls(server).map((headers) => [headers['mcp-param-region'], headers['mcp-param-size']]),
    [
      ['eu', '7'],
      [undefined, undefined],
    ],
  );
});

test('a server that wants another header since yesterday is asked again, and the call is made again', async (t) => {
  const names = ['Region'];
  const server = await strictServer(t, names);
  const client = clientOf(server.url);
  t.after(() => client.session.close());
  await client.initialize();
  await client.request('tools/list', {});
  names[0] = 'Area';
  const reply = await client.request('tools/call', { name: 'query', arguments: { region: 'eu' } });
  assert.deepEqual((reply.result as { content: unknown }).content, [{ type: 'text', text: 'eu' }]);
  assert.equal(calls(server).length, 2);
});
