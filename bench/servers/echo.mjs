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

/** @param {{ name: string, arguments: { text?: string, bytes?: number } }} params */
function call(params) {
  const { text = '', bytes = 0 } = params.arguments;
  return { content: [{ type: 'text', text: params.name === 'big' ? 'x'.repeat(bytes) : text }] };
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
