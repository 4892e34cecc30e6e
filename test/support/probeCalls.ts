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
