import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { mutated, pieces, runs } from '../../support/fuzz.ts';
import { call, initialize, json, send, startFront, textOf, token } from '../http/front.ts';

const head = `Host: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n`;

function post(body: string, more = ''): string {
  return `POST /mcp HTTP/1.1\r\n${head}${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const initialise =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"f","version":"1"}}}';
const modern =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"f","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}';

/** Requests of every kind; in those with `SESSION` stands a session that another client has open. */
const requests = [
  post(initialise),
  post(initialise, 'Connection: close\r\n') + post(initialise),
  post(modern, 'Mcp-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: echo\r\n'),
  post('{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"echo","arguments":{}}}', 'Mcp-Session-Id: SESSION\r\n'),
  post(
    '[{"jsonrpc":"2.0","id":9,"method":"ping"},{"jsonrpc":"2.0","method":"x"}]',
    'Mcp-Session-Id: SESSION\r\nMcp-Protocol-Version: 2025-03-26\r\n',
  ),
  `GET /mcp HTTP/1.1\r\n${head}Mcp-Session-Id: nobody\r\nLast-Event-ID: 1-2\r\n\r\n`,
  `DELETE /mcp HTTP/1.1\r\n${head}Mcp-Session-Id: nobody\r\n\r\n`,
  `POST /mcp HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"jso\r\n1\r\nn\r\n0\r\n\r\n`,
  `POST /mcp HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nfff\r\n`,
  `POST /mcp HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n{`,
  'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n',
  'GET http://169.254.169.254/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n',
  'CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: x\r\n\r\n',
  `GET /mcp HTTP/1.1\r\n${head}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];
const words = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\u0000',
  ':',
  'Content-Length: 0\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity, chunked\r\n',
  'ffffffffffffffff\r\n',
  '0\r\n\r\n',
  'Host: evil.example\r\n',
  'Authorization: Bearer\r\n',
  'Mcp-Session-Id: \r\n',
  'Mcp-Protocol-Version: \u00ff\r\n',
  'Origin: null\r\n',
  '/../../etc/passwd',
  '%00',
  '%2e%2e/',
  '/p/two/mcp',
  '/p/__proto__/mcp',
  '?a=b',
  '{',
  '}',
  '"',
  '[',
  'null',
  '"id":null,',
  'X-Long: '.repeat(3_000),
];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Sends it, and leaves once an answer came or nothing does. */
function speak(port: number, parts: readonly Buffer[]): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => {
      parts.forEach((part) => socket.write(part));
      socket.end();
    });
    socket
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
      .on('close', () => {
        clearTimeout(timer);
        resolve(text);
      });
    const timer = setTimeout(() => socket.destroy(), 1_000);
  });
}

test('whatever comes over a socket, the endpoint answers the others, and its sessions and its memory are bounded', async (t) => {
  const { front, origin, sessions, log } = await startFront(t, { limits: { sessions: 40, headMs: 500, requestMs: 800 } });
  const client = await initialize(origin);
  const open = String(client.headers['mcp-session-id']);
  const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 100, max: 5_000 })), { minLength: 1, maxLength: 3 });
  const texts = fc.array(mutated(requests, words), { minLength: 1, maxLength: 3 });
  // What the generator itself holds is made with its first values.
  fc.sample(texts, 20);
  const before = heldBytes();
  let said = 0;
  await fc.assert(
    fc.asyncProperty(texts, cuts, async (list, lengths) => {
      const bytes = Buffer.from(list.join('').replaceAll('SESSION', open), 'latin1');
      const answer = await speak(front.port, bytes.length > 5_000 ? [bytes] : pieces(bytes, lengths));
      assert.match(answer, /^$|^HTTP\/1\.1 \d{3} /);
      assert.doesNotMatch(answer, /access-control-allow-origin|^HTTP\/1\.1 500/im);
      said += 1;
      if (said % 25 === 0) {
        assert.equal(textOf(json(await client.post(call(`own-${said}`, 'echo', { n: said })))), JSON.stringify({ n: said }));
      }
    }),
    runs(400),
  );
  assert.equal((await send(origin, { path: '/health', headers: { authorization: undefined } })).status, 200);
  assert.equal((await client.post(call('last', 'echo', {}))).status, 200);
  assert.ok(sessions.filter(({ isClosed }) => !isClosed).length <= 40);
  const after = heldBytes();
  t.diagnostic(
    `${said} connections, ${sessions.length} sessions; ${Math.round(before / 1e6)} MB before, ${Math.round(after / 1e6)} MB after`,
  );
  assert.ok(after < 3 * before);
  assert.doesNotMatch(log.join('\n'), /TypeError|ReferenceError|RangeError/);
});
