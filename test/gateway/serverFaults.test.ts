import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { ScriptedServer, soundServer, type Heard } from '../support/scriptedServer.ts';
import { TestSession } from '../support/testSession.ts';

/** What happens between a server and the gateway to the bytes of one run of the server. */
interface Fault {
  /** The server ends when it has written so many bytes: the rest is lost. */
  readonly cutAfter: number;
  readonly pieceBytes: number;
  /** Turns of the event loop before each piece. */
  readonly delay: number;
  /** Every so many lines come twice. 0: none does. */
  readonly twiceEvery: number;
  /** Every so many answers is never given. 0: each is. */
  readonly dropEvery: number;
}

const fault = fc.record({
  cutAfter: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 2_000, max: 400_000 })),
  pieceBytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 40, max: 70_000 })),
  delay: fc.nat(2),
  twiceEvery: fc.nat(4),
  dropEvery: fc.oneof(fc.constant(0), fc.integer({ min: 2, max: 6 })),
});

/** A call that never comes back is given up after this time. */
const callTimeoutMs = 300;

function echo({ id, method, params }: Heard, server: ScriptedServer): void {
  if (method === 'tools/call') {
    const given = params?.['arguments'] as { readonly of: number; readonly bytes: number } | undefined;
    server.send({ id, result: { content: [{ type: 'text', text: `${given?.of} ${'x'.repeat(given?.bytes ?? 0)}` }] } });
  }
}

/** A sound server behind a way with this fault. */
function behind({ cutAfter, pieceBytes, delay, twiceEvery, dropEvery }: Fault): ScriptedServer {
  const sound = soundServer(['a'], echo);
  let written = 0;
  let lines = 0;
  let way = Promise.resolve();
  const server = new ScriptedServer((message) => void sound.write(Buffer.from(JSON.stringify(message))));
  const carry = async (bytes: Buffer): Promise<void> => {
    const smallest = Math.max(pieceBytes, bytes.length / 200);
    for (let at = 0; at < bytes.length && written < cutAfter; at += smallest) {
      const piece = bytes.subarray(at, Math.min(at + smallest, at + cutAfter - written));
      for (let turn = 0; turn < delay; turn++) {
        await new Promise(setImmediate);
      }
      written += piece.length;
      server.say(piece);
    }
    if (written >= cutAfter) {
      server.end(null);
    }
  };
  sound.onStdout((bytes) => {
    const line = Buffer.from(bytes);
    lines++;
    // The handshake and the list are the first two.
    const isDropped = dropEvery > 0 && lines > 2 && lines % dropEvery === 0;
    const times = isDropped ? 0 : twiceEvery > 0 && lines % twiceEvery === 0 ? 2 : 1;
    way = way.then(() => carry(Buffer.concat(Array.from({ length: times }, () => line))));
  });
  return server;
}

test('whatever is dropped, delayed, doubled or cut off between a server and the gateway, each call has one answer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { maxLength: 3 }),
      fc.array(fc.oneof(fc.nat(50), fc.nat(100_000)), { minLength: 1, maxLength: 12 }),
      async (faults, calls) => {
        let runs = 0;
        const client = new TestSession(
          { one: () => behind(faults[runs++] ?? { cutAfter: Infinity, pieceBytes: 65_536, delay: 0, twiceEvery: 0, dropEvery: 0 }) },
          { share: 'user', callTimeoutMs, startTimeoutMs: 2_000 },
        );
        await client.initialize();
        await client.request('tools/list', {});
        const ids = calls.map((bytes, of) => client.begin('tools/call', { name: 'a', arguments: { of, bytes } }));
        const replies = await Promise.all(ids.map((id) => client.answerTo(id)));
        for (const [of, { result, error }] of replies.entries()) {
          const text = (result as { readonly content?: readonly { readonly text: string }[] } | undefined)?.content?.at(-1)?.text;
          assert.ok(
            error === undefined ? text === `${of} ${'x'.repeat(calls[of] ?? 0)}` : error.message.length > 0,
            `${of}: ${text?.slice(0, 80)}`,
          );
        }
        const answered = client.messages.filter(({ id, method }) => method === undefined && ids.includes(id as number));
        assert.equal(answered.length, ids.length, 'no call is answered twice');
        assert.ok(client.calls.list(100).every(({ status }) => status !== 'running'));
        await client.session.close();
      },
    ),
    { numRuns: 40 },
  );
});
