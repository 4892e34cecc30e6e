import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { WharfHome } from './wharfHome.ts';

/** Says what it was given in its lists, its log, in results and on stderr, and says arguments again. */
const source = `
const secret = process.env.API_KEY;
const tool = (name) => ({ name, description: 'Tells ' + secret, inputSchema: { type: 'object' } });
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const answers = {
    initialize: () => ({ protocolVersion: '2025-06-18', capabilities: { tools: {}, logging: {} }, serverInfo: { name: 's', version: '1' } }),
    'tools/list': () => ({ tools: [tool('tell'), tool('say_' + secret)] }),
    'tools/call': () => ({ content: [{ type: 'text', text: 'Told ' + secret + ' and ' + JSON.stringify(params.arguments) }] }),
  };
  const logged = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'error', data: 'With ' + secret } };
  if (method === 'tools/call') setTimeout(() => console.log(JSON.stringify(logged)), 10);
  if (params?.arguments?.crash) { console.error('fatal: ' + secret); process.exit(3); }
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method]?.() ?? {} }));
});
`;

/** Gives a home a vault with a secret, and a profile `dev` whose one server tells it. `output` is the profile's policy. */
export async function addTellingServer(home: WharfHome, output: string): Promise<{ readonly secret: string }> {
  const secret = `cnry-${randomBytes(12).toString('hex')}`;
  const program = join(home.home, 'server.cjs');
  await writeFile(program, source);
  const native = JSON.stringify({ command: process.execPath, args: [program], env: { API_KEY: 'secret://api_key' } });
  assert.equal((await home.wharf(['secret', 'init', '--key-file', join(home.home, 'vault-key')])).code, 0);
  const set = await home.wharf(['secret', 'set', 'api_key'], {}, secret);
  assert.equal(set.code, 0, set.stderr);
  const yaml = `version: 1\nwharf: { output: ${output} }\nservers:\n  - name: teller\n    wharf: { share: session, native: ${native} }\n`;
  await home.addProfile('dev', yaml);
  return { secret };
}
