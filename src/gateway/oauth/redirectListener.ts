import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const path = '/callback';
const longestQuery = 8_192;

/** How the browser's window tells its person what came of it. */
export type Ending = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly reason: string };

export interface RedirectListener {
  /** `http://127.0.0.1:PORT/callback`. */
  readonly address: string;
  /** What the browser came back with; the first time alone. Call `end` when it is known what came of it. */
  readonly answer: Promise<{ readonly parameters: URLSearchParams; readonly end: (ending: Ending) => void }>;
  /** Listens no more. */
  close(): void;
}

/** Waits on the loopback interface for the browser that comes back from a login (RFC 8252 §7.3). Rejects when the port is taken. */
export async function openRedirectListener(state: string, port = 0): Promise<RedirectListener> {
  let found: (answer: Awaited<RedirectListener['answer']>) => void = () => undefined;
  const answer = new Promise<Awaited<RedirectListener['answer']>>((resolve) => (found = resolve));
  let isFound = false;
  let host = '';
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000 }, (request, response) => {
    const parameters = read(request, host);
    // Any page and any program may knock here: whoever does not know the state changes nothing.
    if (parameters === undefined || isFound || !isSame(parameters.get('state') ?? '', state)) {
      show(response, 400, 'This is no answer to a login that Wharf waits for.');
      return;
    }
    isFound = true;
    found({
      parameters,
      end: (ending) => {
        const words = ending.kind === 'done' ? 'You are logged in. You can close this window.' : `The login failed: ${ending.reason}.`;
        show(response, ending.kind === 'done' ? 200 : 400, words);
      },
    });
  });
  server.maxConnections = 16;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject).on('error', () => undefined);
      resolve();
    });
  });
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => {
    server.close();
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  };
  return { address: `http://${host}${path}`, answer, close };
}

/** The answer's parameters. A host of another name would be a page that made its own name point here. */
function read(request: IncomingMessage, host: string): URLSearchParams | undefined {
  const target = request.url ?? '';
  if (request.method !== 'GET' || request.headers.host !== host || target.length > longestQuery) {
    return undefined;
  }
  const at = target.indexOf('?');
  return target.slice(0, at === -1 ? undefined : at) === path && at !== -1 ? new URLSearchParams(target.slice(at + 1)) : undefined;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function show(response: ServerResponse, status: number, words: string): void {
  const safe = words.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    // The address holds the code.
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Wharf</title><h1>Wharf</h1><p>${safe}</p></html>\n`);
}
