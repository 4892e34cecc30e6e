import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { startFront, token } from '../gateway/http/front.ts';
import { launchChromium } from '../support/page.ts';

/** A page of an origin of its own. */
async function startPage(t: TestContext): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<title>page</title>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a script in the page gets of the gateway: the session that it opened and the answer to a call, or the error of the browser. */
async function callFrom(
  t: TestContext,
  page: string,
  gateway: string,
): Promise<{ readonly session?: string | null; readonly text: string }> {
  const browser = await launchChromium();
  t.after(() => browser.close());
  const tab = await browser.newPage();
  await tab.goto(page);
  return tab.evaluate(
    async ([address, secret]) => {
      const post = (body: object, more: Record<string, string> = {}): Promise<Response> =>
        fetch(`${address}/mcp`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${secret}`,
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...more,
          },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }),
        });
      try {
        const opened = await post({ method: 'initialize', params: { protocolVersion: '2025-06-18' } });
        const session = opened.headers.get('mcp-session-id');
        const headers = { 'mcp-session-id': session ?? '', 'mcp-protocol-version': '2025-06-18' };
        const answer = await post({ method: 'tools/call', params: { name: 'echo', arguments: { from: 'page' } } }, headers);
        return { session, text: await answer.text() };
      } catch (error) {
        return { text: String(error) };
      }
    },
    [gateway, token] as const,
  );
}

test('a page in a real browser calls the gateway that names its origin', async (t) => {
  const page = await startPage(t);
  const { origin } = await startFront(t, { corsOrigins: [page] });
  const { session, text } = await callFrom(t, page, origin);
  assert.match(session ?? '', /^[\w-]{32}$/);
  assert.match(text, /page/);
});

test('a page in a real browser gets nothing from a gateway that does not', async (t) => {
  const page = await startPage(t);
  const { origin, sessions } = await startFront(t, { corsOrigins: ['https://other.example'] });
  assert.match((await callFrom(t, page, origin)).text, /TypeError: Failed to fetch/);
  assert.equal(sessions.length, 0);
});
