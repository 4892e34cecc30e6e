// What takes: memory, processes, disk, and the patience of whoever reads.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { program } from './machineCode.mjs';

const megabyte = 1024 * 1024;

/** @param {NodeJS.WriteStream} stream @param {string | Buffer} text */
async function write(stream, text) {
  if (!stream.write(text)) {
    await once(stream, 'drain');
  }
}

/** @param {number} bytes @param {string} piece @param {NodeJS.WriteStream} stream */
async function repeat(bytes, piece, stream) {
  const many = piece.repeat(Math.max(1, Math.floor((64 * 1024) / piece.length)));
  for (let written = 0; written < bytes; written += many.length) {
    await write(stream, many);
  }
}

/** @type {Readonly<Record<string, (id: unknown, bytes: number) => Promise<void>>>} */
export const floods = {
  /** One answer of this size. */
  async result(id, bytes) {
    await write(process.stdout, `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"`);
    await repeat(bytes, 'x', process.stdout);
    await write(process.stdout, '"}]}}\n');
  },
  async logs(_id, bytes) {
    await repeat(
      bytes,
      `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"emergency","data":"${'x'.repeat(4_000)}"}}\n`,
      process.stdout,
    );
  },
  async stderr(_id, bytes) {
    await repeat(bytes, `${'e'.repeat(200)}\n`, process.stderr);
  },
  async 'stderr without a line end'(_id, bytes) {
    await repeat(bytes, 'e', process.stderr);
  },
  async junk(_id, bytes) {
    await repeat(bytes, 'This is not a message.\n', process.stdout);
  },
  async 'empty lines'(_id, bytes) {
    await repeat(bytes, '\n', process.stdout);
  },
  async line() {
    await repeat(Infinity, 'x', process.stdout);
  },
  /** A batch of millions of nothing. */
  async batch(_id, bytes) {
    await write(process.stdout, '[');
    await repeat(bytes, '1,', process.stdout);
    await write(process.stdout, '1]\n');
  },
  /** A message whose values take many times the room of its bytes. */
  async 'empty arrays'(id, bytes) {
    await write(process.stdout, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":[`);
    await repeat(bytes, '[],', process.stdout);
    await write(process.stdout, `[]]}}\n{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":{"code":-32020,"message":"x","data":[`);
    await repeat(bytes, '[],', process.stdout);
    await write(process.stdout, '[]]}}\n');
  },
  /** Questions whose answers it never reads. */
  async pings(_id, bytes) {
    process.stdin.pause();
    await repeat(bytes, '{"jsonrpc":"2.0","id":"p","method":"ping"}\n', process.stdout);
  },
  async questions(_id, bytes) {
    await repeat(
      bytes,
      '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Your password?","requestedSchema":{"type":"object","properties":{}}}}\n',
      process.stdout,
    );
    await repeat(
      bytes,
      '{"jsonrpc":"2.0","id":"s","method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}\n',
      process.stdout,
    );
  },
  async 'list changes'(_id, bytes) {
    await repeat(bytes, '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n', process.stdout);
  },
  async progress(_id, bytes) {
    await repeat(bytes, '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}\n', process.stdout);
    await repeat(
      bytes,
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"wharf","progress":1}}\n',
      process.stdout,
    );
  },
};

/** Takes memory, and touches it, until the kernel ends this. */
export function bombMemory() {
  const kept = [];
  for (;;) {
    kept.push(Buffer.alloc(16 * megabyte, kept.length + 1));
  }
}

/** A program that does nothing but start itself again, and each of those does the same. */
export function bombForks() {
  const file = join(tmpdir(), 'forks');
  writeFileSync(file, program('clone', [17], true), { mode: 0o755 });
  spawn(file, { stdio: 'ignore', env: {} })
    .on('error', () => undefined)
    .unref();
}

/** Programs that end at once while nobody waits for them: their parent is gone. @param {number} count */
export async function leaveZombies(count) {
  const file = join(tmpdir(), 'ends');
  writeFileSync(file, program('chroot', ['/']), { mode: 0o755 });
  const parent = `const { spawn } = require('node:child_process'); for (let n = 0; n < ${count}; n++) spawn(${JSON.stringify(file)}, { detached: true, stdio: 'ignore' }); process.kill(process.pid, 'SIGKILL');`;
  await once(spawn(process.execPath, ['-e', parent], { stdio: 'ignore' }), 'exit');
}

/** Bytes that a folder takes, and why it takes no more. @param {string} folder */
export function fillFolder(folder) {
  const file = join(folder, `filling-${process.pid}`);
  const piece = Buffer.alloc(megabyte, 1);
  let written = 0;
  for (;;) {
    try {
      appendFileSync(file, piece);
      written += piece.length;
    } catch (error) {
      return { written, why: /** @type {{ code?: string }} */ (error).code };
    }
    if (written > 8 * 1024 * megabyte) {
      return { written, why: 'no limit was met' };
    }
  }
}
