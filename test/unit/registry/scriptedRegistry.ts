import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

import type { Repository } from '../../../src/node/registry/registryClient.ts';

export interface ScriptedRegistry extends Repository {
  readonly requests: readonly {
    readonly url: string;
    readonly authorization: string | undefined;
    readonly method: string;
    readonly body: string;
  }[];
}

/** A registry that answers as a test wants it to, however bad. */
export async function scriptedRegistry(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<ScriptedRegistry> {
  const requests: ScriptedRegistry['requests'][number][] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { url = '', method = '', headers } = request;
      requests.push({ url, method, authorization: headers.authorization, body });
      answer(request, response, body);
    });
    response.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, path: 'team/server', requests };
}
