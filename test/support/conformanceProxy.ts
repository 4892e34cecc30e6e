import { createServer, request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/**
 * A loopback port that passes every request on to `url`, with a bearer token that its client cannot send. The Host and Origin
 * of a client that names this port become those of `url`; any other reach it as they are. Gives the address.
 */
export async function withBearer(t: TestContext, url: string, token: string): Promise<string> {
  const target = new URL(url);
  const server = createServer((request, response) => {
    const own = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    pass(request, response, target, headersFor(request, own, target, token));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`;
}

function headersFor({ headers }: IncomingMessage, own: string, target: URL, token: string): OutgoingHttpHeaders {
  const { host, origin } = headers;
  return {
    ...headers,
    authorization: `Bearer ${token}`,
    ...(host === own ? { host: target.host } : {}),
    ...(origin === `http://${own}` ? { origin: target.origin } : {}),
  };
}

function pass(request: IncomingMessage, response: ServerResponse, target: URL, headers: OutgoingHttpHeaders): void {
  const { hostname, port } = target;
  // No agent: a connection that a stream held open serves no second request.
  const onward = requestHttp({ hostname, port, path: request.url, method: request.method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}
