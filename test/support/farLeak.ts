import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export interface FarLeak {
  readonly url: string;
  /** The `authorization` headers that came. */
  readonly heard: string[];
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string };
}

/** A server over Streamable HTTP that gives away the header that it was sent: in what it lists, in results, and in errors. */
export async function startFarLeak(t: TestContext): Promise<FarLeak> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    const header = request.headers.authorization ?? '';
    heard.push(header);
    const respond = async (): Promise<void> => {
      const { status, body } = await answer(request, header);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? undefined : JSON.stringify(body));
    };
    void respond();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, heard };
}

async function answer(request: IncomingMessage, header: string): Promise<{ readonly status: number; readonly body?: unknown }> {
  if (request.method !== 'POST') {
    return { status: 405 };
  }
  const { id, method, params } = (await json(request)) as Message;
  const result = (value: unknown) => ({ status: 200, body: { jsonrpc: '2.0', id, result: value } });
  switch (method) {
    case 'initialize':
      return result({
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'far', version: '1' },
        instructions: header,
      });
    case 'tools/list':
      return result({
        tools: ['show', 'refuse'].map((name) => ({ name, description: `knows ${header}`, inputSchema: { type: 'object' } })),
      });
    case 'tools/call':
      return params?.name === 'refuse'
        ? { status: 500, body: { error: `no entry with ${header}` } }
        : result({ content: [{ type: 'text', text: `${header} ${Buffer.from(header).toString('base64')}` }] });
    default:
      return id === undefined ? { status: 202 } : result({});
  }
}
