import assert from 'node:assert/strict';
import type { ServerProcess } from '../../src/core/ports.ts';
import { callLine } from './dockerEngine.ts';

let next = 1;

/** The text that a tool of the probe gives, of an error too, through the bare streams of its container. */
export async function toolText(server: ServerProcess, tool: string, args: object = {}): Promise<string> {
  const id = next++;
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    server.onStdout((bytes) => {
      text += Buffer.from(bytes).toString('utf8');
      const found = text.split('\n').find((candidate) => candidate.includes(`"id":${id}`) && candidate.endsWith('}'));
      if (found !== undefined) {
        resolve(found);
      }
    });
    void server.exited.then(({ code }) => reject(new Error(`The server ended with ${code}.`)));
    void server.write(callLine(id, tool, args));
  });
  const reply = JSON.parse(line) as { readonly result?: { readonly content: readonly { readonly text: string }[] } };
  assert.ok(reply.result, line);
  return reply.result.content[0]?.text ?? '';
}

/** What a server says to a handshake and some calls. */
export interface ServerAnswer {
  /** The texts of the results. */
  readonly texts: readonly string[];
  /** Its last output where it ended early, or the text of the first result that is an error; null when all went well. */
  readonly failure: string | null;
}

const request = (id: number, method: string, params: object): Buffer =>
  Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);

/** Speaks to a fresh server as an MCP client does. */
export async function callServer(server: ServerProcess, calls: readonly (readonly [string, object])[]): Promise<ServerAnswer> {
  const stderr: string[] = [];
  const replies = new Map<number, (line: string) => void>();
  let rest = '';
  server.onStderr((bytes) => stderr.push(Buffer.from(bytes).toString('utf8')));
  server.onStdout((bytes) => {
    const lines = (rest + Buffer.from(bytes).toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((one) => one.startsWith('{'))) {
      const { id, method } = JSON.parse(line) as { readonly id?: number; readonly method?: string };
      if (method === undefined && id !== undefined) {
        replies.get(id)?.(line);
      }
    }
  });
  const ended = server.exited.then(() => null);
  const ask = async (id: number, method: string, params: object): Promise<string | null> => {
    const reply = new Promise<string>((resolve) => replies.set(id, resolve));
    await server.write(request(id, method, params));
    return Promise.race([reply, ended]);
  };
  const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  if ((await ask(1, 'initialize', hello)) === null) {
    return { texts: [], failure: stderr.join('') };
  }
  await server.write(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}\n'));
  const texts: string[] = [];
  for (const [index, [name, args]] of calls.entries()) {
    const line = await ask(index + 2, 'tools/call', { name, arguments: args });
    if (line === null) {
      return { texts, failure: stderr.join('') };
    }
    const { result } = JSON.parse(line) as {
      readonly result?: { readonly content: readonly { readonly text?: string }[]; readonly isError?: boolean };
    };
    texts.push((result?.content ?? []).map(({ text = '' }) => text).join('\n'));
    if (result === undefined || result.isError === true) {
      return { texts, failure: result === undefined ? line : (texts.at(-1) ?? '') };
    }
  }
  return { texts, failure: null };
}
