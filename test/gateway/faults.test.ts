import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';

import * as fc from 'fast-check';

import { until } from '../support/until.ts';
import { RelayClient, ScriptedDaemon, type DaemonEnd, type Message } from './shimBench.ts';

const onPosix = process.platform === 'win32' ? { skip: 'sockets in folders' } : {};

/** What happens to the bytes of one direction of one connection. */
interface Fault {
  /** From this byte on nothing arrives any more; the connection is cut a little later. */
  readonly cutAfter: number;
  /** The largest piece that goes on at once. */
  readonly pieceBytes: number;
  /** Each piece is held for so many turns of the event loop. */
  readonly delay: number;
  /** Every so many whole lines come twice. 0: none does. */
  readonly twiceEvery: number;
}

const sound: Fault = { cutAfter: Infinity, pieceBytes: 65_536, delay: 0, twiceEvery: 0 };

const fault = fc.record({
  cutAfter: fc.oneof(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 4_000, max: 1_500_000 })),
  pieceBytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 40, max: 70_000 })),
  delay: fc.nat(3),
  twiceEvery: fc.nat(4),
});

/** Doubles whole lines, the way a proxy does that sends again what it takes for lost. */
class Doubler {
  private rest = '';
  private lines = 0;

  take(bytes: Buffer, every: number): Buffer {
    if (every === 0) {
      return bytes;
    }
    const parts = (this.rest + bytes.toString('latin1')).split('\n');
    this.rest = parts.pop() ?? '';
    // The hello is the first line.
    const twice = parts.map((line) => (this.lines++ > 0 && this.lines % every === 0 ? `${line}\n${line}\n` : `${line}\n`));
    return Buffer.from(twice.join(''), 'latin1');
  }
}

/** A connection carries so many of its small pieces; the rest goes in large ones, so that a run ends in its time. */
const mostPieces = 4_000;

/** One direction of a connection, with its fault. Back-pressure is passed on. */
async function carry(from: Socket, to: Socket, { cutAfter, pieceBytes, delay, twiceEvery }: Fault): Promise<void> {
  const doubler = new Doubler();
  let carried = 0;
  let pieces = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    const bytes = doubler.take(chunk, twiceEvery);
    let at = 0;
    while (at < bytes.length) {
      const largest = pieces++ < mostPieces ? pieceBytes : Math.max(pieceBytes, sound.pieceBytes);
      const piece = bytes.subarray(at, Math.min(at + largest, at + cutAfter - carried));
      at += largest;
      carried += piece.length;
      for (let turn = 0; turn < delay; turn++) {
        await new Promise(setImmediate);
      }
      if (!to.write(piece)) {
        await Promise.race([new Promise((resolve) => to.once('drain', resolve)), new Promise((resolve) => to.once('close', resolve))]);
      }
      if (carried >= cutAfter) {
        to.end();
        from.destroy();
        return;
      }
    }
  }
  to.end();
}

/** A proxy in front of a daemon: the connections get these faults one after the other, and those after them none. */
async function proxyTo(t: TestContext, daemon: ScriptedDaemon, faults: readonly (readonly [up: Fault, down: Fault])[]): Promise<string> {
  const path = `${daemon.path}.${Math.random().toString(36).slice(2, 8)}`;
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    const [up, down] = faults[connections++] ?? [sound, sound];
    const far = connect(daemon.path);
    for (const socket of [near, far]) {
      sockets.add(socket.on('error', () => undefined).setMaxListeners(0));
    }
    carry(near, far, up).catch(() => far.destroy());
    carry(far, near, down).catch(() => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
    rmSync(path, { force: true });
  });
  return path;
}

/** Answers every request with what it asks for, and nothing before "initialize". */
function echo(initialized: WeakSet<DaemonEnd>): (message: Message, end: DaemonEnd) => void {
  return (message, end) => {
    if (message.method === 'initialize') {
      initialized.add(end);
    }
    if (message.id === undefined || message.id === null || message.method === undefined) {
      return;
    }
    if (!initialized.has(end)) {
      end.send({ id: message.id, error: { code: -32600, message: 'not initialized' } });
      return;
    }
    end.send(
      { method: 'notifications/progress', params: { of: message.id } },
      { id: message.id, result: { echo: message.params ?? {}, filler: 'f'.repeat(Number(message.params?.['answerBytes'] ?? 0)) } },
    );
  };
}

interface Call {
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly waits: boolean;
}

const call = fc.record({
  requestBytes: fc.oneof(fc.nat(50), fc.nat(150_000)),
  answerBytes: fc.oneof(fc.nat(50), fc.nat(150_000)),
  waits: fc.boolean(),
});

/** Sends the calls, in pieces of any size, and waits until each has its answer. */
async function converse(client: RelayClient, calls: readonly Call[], pieceBytes: number): Promise<void> {
  const say = (message: Message): void => {
    const bytes = Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      client.input.write(bytes.subarray(at, at + pieceBytes));
    }
  };
  say({ id: 'init', method: 'initialize', params: {} });
  await client.answer('init');
  say({ method: 'notifications/initialized' });
  for (const [id, { requestBytes, answerBytes, waits }] of calls.entries()) {
    say({ id, method: 'tools/call', params: { id, answerBytes, filler: 'r'.repeat(requestBytes) } });
    if (waits) {
      await client.answer(id);
    }
  }
  await Promise.all(calls.map((_, id) => client.answer(id)));
}

function checkAnswers(client: RelayClient, calls: readonly Call[]): void {
  const answers = client.received.filter(({ method }) => method === undefined);
  assert.deepEqual(
    answers.map(({ id }) => String(id)).sort(),
    ['init', ...calls.map((_, id) => String(id))].sort(),
    'each request has one answer',
  );
  for (const { id, result, error } of answers) {
    if (error !== undefined) {
      assert.equal(error.data?.code, 'WHARF_DAEMON_LOST', `${id}: ${error.message}`);
    } else if (id !== 'init') {
      const { echo, filler } = result as { echo: { id: number; filler: string }; filler: string };
      const sent = calls[Number(id)];
      assert.deepEqual([echo.id, echo.filler.length, filler.length], [id, sent?.requestBytes, sent?.answerBytes]);
    }
  }
}

test('whatever is dropped, delayed, doubled or cut off between shim and daemon, each request has one answer', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  daemon.answer = echo(new WeakSet());
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fault, fault), { maxLength: 4 }),
      fc.array(call, { minLength: 1, maxLength: 24 }),
      fc.integer({ min: 7, max: 70_000 }),
      async (faults, calls, pieceBytes) => {
        // The first connection is the caller's affair: it serves by itself when there is no daemon.
        const path = await proxyTo(t, daemon, faults);
        const client = new RelayClient(t, path);
        if (!(await client.tryStart())) {
          return;
        }
        await converse(client, calls, pieceBytes);
        checkAnswers(client, calls);
        assert.equal(client.ended, undefined);
        client.relay.end(0);
      },
    ),
    { numRuns: 30 },
  );
});

test('a client that goes in the middle of a line leaves no half message behind', onPosix, async (t) => {
  const daemon = await new ScriptedDaemon(t).listen();
  daemon.answer = echo(new WeakSet());
  const line = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}\n';
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: line.length - 1 }), async (cut) => {
      const client = await new RelayClient(t, daemon.path).start();
      const end = await daemon.end(daemon.ends.length - 1);
      client.input.end(line + line.slice(0, cut));
      await until(() => client.ended);
      await until(() => end.socket.destroyed || end.socket.readableEnded);
      assert.ok(end.received.length <= 1);
    }),
    { numRuns: 20 },
  );
});
