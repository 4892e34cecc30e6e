import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

import { version } from '../shared/version.ts';

/** A server to try the whole line with where there is no Docker. It reads no file and opens no socket. */
const server = new McpServer(
  { name: 'wharf-demo', version },
  { instructions: 'A demo server: adds numbers, counts words, tells the time.' },
);
const harmless = { readOnlyHint: true, openWorldHint: false };

server.registerTool(
  'add',
  { title: 'Add', description: 'Adds two numbers.', inputSchema: { a: z.number(), b: z.number() }, annotations: harmless },
  ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }] }),
);

server.registerTool(
  'count_words',
  { title: 'Count words', description: 'Counts the words of a text.', inputSchema: { text: z.string() }, annotations: harmless },
  ({ text }) => ({ content: [{ type: 'text', text: String(text.split(/\s+/).filter((word) => word !== '').length) }] }),
);

server.registerTool('now', { title: 'Now', description: 'Tells the time, in UTC.', annotations: harmless }, () => ({
  content: [{ type: 'text', text: new Date().toISOString() }],
}));

void server.connect(new StdioServerTransport());
