#!/usr/bin/env node
// The server that every way of the benchmark leads to: MCP over stdio by hand, so that its own work is as small as it can be.
// `echo` gives a text back, `big` gives `bytes` bytes.
const tools = [
  {
    name: 'echo',
    description: 'Gives the text back.',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'big',
    description: 'Gives a text of this many bytes.',
    inputSchema: { type: 'object', properties: { bytes: { type: 'integer' } }, required: ['bytes'] },
    annotations: { readOnlyHint: true },
  },
];

/** Prose, code and JSON without a secret, and with the words that secrets stand beside: what goes through the output scan by day. */
const page = `## Usage

Call \`list_issues\` first; it gives at most 50 of them, the newest first. A token is needed for private repositories
("Settings → Developer settings"), and its password is never shown again.

export async function listIssues(client: Client, { owner, repo, state = 'open' }: Wish): Promise<readonly Issue[]> {
  const reply = await client.request('GET /repos/{owner}/{repo}/issues', { owner, repo, state, per_page: 50 });
  return reply.data.filter((issue) => issue.pull_request === undefined).map(({ number, title }) => ({ number, title }));
}

{"number": 1347, "title": "Found a bug", "user": {"login": "octocat", "id": 1, "type": "User"}, "labels": ["bug"], "locked": true,
 "html_url": "https://github.com/octocat/Hello-World/issues/1347", "created_at": "2011-04-22T13:33:48Z", "comments": 0}

`;
let pages = page;

/** @param {number} bytes */
function textOf(bytes) {
  while (pages.length < bytes) {
    pages += pages;
  }
  return pages.slice(0, bytes);
}

/** @param {{ name: string, arguments: { text?: string, bytes?: number } }} params */
function call(params) {
  const { text = '', bytes = 0 } = params.arguments;
  return { content: [{ type: 'text', text: params.name === 'big' ? textOf(bytes) : text }] };
}

/** @param {string} method @param {any} params */
function answer(method, params) {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'echo', version: '1.0.0' },
      };
    case 'tools/list':
      return { tools };
    case 'tools/call':
      return call(params);
    case 'ping':
      return {};
    default:
      return undefined;
  }
}

/** @param {string} line */
function receive(line) {
  const { id, method, params } = JSON.parse(line);
  if (id !== undefined && method !== undefined) {
    const result = answer(method, params);
    const rest = result === undefined ? { error: { code: -32601, message: `No method ${method}.` } } : { result };
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...rest })}\n`);
  }
}

let begun = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (/** @type {string} */ chunk) => {
  const lines = (begun + chunk).split('\n');
  begun = lines.pop() ?? '';
  lines.forEach(receive);
});
