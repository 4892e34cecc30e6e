#!/usr/bin/env node
// An MCP server over stdio that gives away what it was given, wherever a server can say something. `--fail=words|error|junk` gives it
// away instead of starting.
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** What a variable, or the file that `NAME_FILE` names, holds. @param {string} name */
function given(name) {
  const file = process.env[`${name}_FILE`];
  return process.env[name] ?? (file === undefined ? '' : readFileSync(file, 'utf8'));
}

const names = ['TOKEN', 'DATABASE_URL'];
const all = () =>
  names
    .map(given)
    .filter((value) => value !== '')
    .join(' ');

/** @type {Record<string, (value: string) => string>} */
const looks = {
  raw: (value) => `it is ${value}.`,
  base64: (value) => Buffer.from(`user:${value}`).toString('base64'),
  hex: (value) => Buffer.from(value).toString('hex'),
  url: (value) => `https://example.test/?key=${encodeURIComponent(value)}`,
  json: (value) => JSON.stringify(JSON.stringify({ inner: value })),
};

/** `done`, or the code of the refusal. @param {() => void} attempt */
function outcome(attempt) {
  try {
    attempt();
    return 'done';
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code ?? String(error);
  }
}

/** @param {object} message */
function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

/** @param {string} text */
const block = (text) => ({ type: 'text', text });

/** @type {Record<string, (id: unknown, value: string) => void>} */
const ways = {
  blocks: (id, value) => send({ id, result: { content: [block(`first ${value}`), block(value)] } }),
  structured: (id, value) => send({ id, result: { content: [], structuredContent: { [`k${value}`]: { deep: [value] } } } }),
  resource: (id, value) => send({ id, result: { content: [{ type: 'resource', resource: { uri: `leak://${value}`, text: value } }] } }),
  failed: (id, value) => send({ id, result: { content: [block(value)], isError: true } }),
  error: (id, value) => send({ id, error: { code: -32000, message: `not with ${value}`, data: { value } } }),
  escaped: (id, value) => {
    const escaped = Array.from({ length: value.length }, (_, at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
    process.stdout.write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"${escaped}"}]}}\n`);
  },
  stderr: (id, value) => {
    // In two pieces, as a pipe may have it.
    process.stderr.write(`using ${value.slice(0, 9)}`);
    setTimeout(() => {
      process.stderr.write(`${value.slice(9)} now\n`);
      process.stdout.write(`a print statement with ${value}\n`);
      send({ method: 'notifications/message', params: { level: 'info', data: `logged ${value}` } });
      send({ id, result: { content: [block('said on stderr')] } });
    }, 50);
  },
  crash: (_id, value) => {
    // More than is kept of it, so that what is kept begins in the middle of the value.
    process.stderr.write(`${'x'.repeat(20)}${value}\n`);
    process.stderr.write(`${`${value}\n`.repeat(400)}fatal: ${value.slice(0, 11)}`);
    setTimeout(() => {
      process.stderr.write(`${value.slice(11)} was refused\n`);
      setTimeout(() => process.exit(7), 50);
    }, 50);
  },
  slow: (id, value) => void setTimeout(() => send({ id, result: { content: [block(`slow ${value}`)] } }), 1_500),
  length: (id, value) => send({ id, result: { content: [block(`${value.length} characters`)] } }),
  write: (id, value) => send({ id, result: { content: [block(outcome(() => writeFileSync(value, 'x')))] } }),
  reach: (id, value) => {
    const [host = '', port = '443'] = value.split(':');
    const socket = connect({ host, port: Number(port), timeout: 2_000 });
    const end = (/** @type {string} */ said) => {
      socket.destroy();
      send({ id, result: { content: [block(said)] } });
    };
    socket.once('connect', () => end('connected')).once('timeout', () => end('silence'));
    socket.once('error', (/** @type {NodeJS.ErrnoException} */ error) => end(error.code ?? String(error)));
  },
  mounts: (id) => send({ id, result: { content: [block(readFileSync('/proc/self/mountinfo', 'utf8'))] } }),
};

/** @param {{ id?: unknown, method?: string, params?: any }} message */
function answer({ id, method, params }) {
  switch (method) {
    case 'initialize':
      send({
        id,
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {}, prompts: {}, resources: {}, logging: {} },
          serverInfo: { name: 'leaky', version: all() },
          instructions: `Log in with ${all()}.`,
        },
      });
      return;
    case 'tools/list': {
      const inputSchema = { type: 'object', properties: { name: { type: 'string', default: all() } } };
      const tools = [...Object.keys(looks), ...Object.keys(ways)].map((name) => ({ name, description: `Uses ${all()}`, inputSchema }));
      send({ id, result: { tools } });
      return;
    }
    case 'prompts/list':
      send({ id, result: { prompts: [{ name: 'login', description: all() }] } });
      return;
    case 'prompts/get':
      send({ id, result: { messages: [{ role: 'user', content: block(`log in with ${all()}`) }] } });
      return;
    case 'resources/list':
      send({ id, result: { resources: [{ uri: 'leak://all', name: all() }] } });
      return;
    case 'resources/read':
      send({ id, result: { contents: [{ uri: 'leak://all', text: all(), blob: Buffer.from(all()).toString('base64') }] } });
      return;
    case 'tools/call': {
      const value = params.arguments?.text ?? given(params.arguments?.name ?? 'TOKEN');
      const look = looks[params.name];
      if (look === undefined) {
        ways[params.name]?.(id, value);
      } else {
        send({ id, result: { content: [block(look(value))] } });
      }
      return;
    }
    default:
      if (id !== undefined && method !== undefined) {
        send(method === 'ping' ? { id, result: {} } : { id, error: { code: -32601, message: `no ${method}` } });
      }
  }
}

const fail = process.argv.find((arg) => arg.startsWith('--fail='))?.slice(7);
if (fail === 'words') {
  console.error(`${'.'.repeat(150)} cannot log in with ${all()}`);
  process.exit(3);
}
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line);
    if (fail === 'error') {
      send({ id: message.id, error: { code: -32000, message: `${'.'.repeat(580)} ${all()}` } });
    } else if (fail === 'junk') {
      console.log(`what is ${message.method}? I have ${all()}`);
    } else {
      answer(message);
    }
  })
  .on('close', () => process.exit(0));
