// Runs inside the extension host, as what VS Code calls the test module: calls functions that are sent to it with `vscode`.
const { createServer } = require('node:http');
const { writeFileSync } = require('node:fs');
const { runInThisContext } = require('node:vm');
const vscode = require('vscode');

const token = process.env['WHARF_BRIDGE_TOKEN'];
const announce = process.env['WHARF_BRIDGE_FILE'];

/** @param {import('node:http').IncomingMessage} request */
async function read(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
  }
  return JSON.parse(text);
}

/** @param {{ fn: string, args: unknown }} sent */
async function call({ fn, args }) {
  try {
    const value = await runInThisContext(`(${fn})`)(vscode, args, Object.keys(require.cache));
    return { value: value === undefined ? null : value };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Ends when the tests say so. */
exports.run = () =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      if (request.headers['authorization'] !== `Bearer ${token}`) {
        response.writeHead(403).end();
        return;
      }
      if (request.url === '/end') {
        response.end('{}');
        server.close();
        resolve();
        return;
      }
      void read(request)
        .then(call)
        .then((answer) => response.end(JSON.stringify(answer)));
    });
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => writeFileSync(announce, String(server.address().port)));
  });
