#!/usr/bin/env node
// The floor of the benchmark: the same two processes between a client and its server, without any work in them. Nothing is read,
// checked, renumbered, logged or made new, and answers go to whoever spoke last, so that it serves one request at a time.
//   plainRelay.mjs serve SOCKET SERVER…   one server for all connections
//   plainRelay.mjs join SOCKET            what a client starts
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';

const [role = '', socketPath = '', ...server] = process.argv.slice(2);

/** Passes on whole lines alone: what breaks in the middle of one must not reach a client.
 * @param {NodeJS.ReadableStream} from @param {(lines: Buffer) => void} to */
function passLines(from, to) {
  /** @type {Buffer[]} */
  let begun = [];
  from.on('data', (/** @type {Buffer} */ chunk) => {
    begun.push(chunk);
    if (chunk.at(-1) === 0x0a) {
      to(begun.length === 1 ? chunk : Buffer.concat(begun));
      begun = [];
    }
  });
}

if (role === 'serve') {
  const child = spawn(process.execPath, server, { stdio: ['pipe', 'pipe', 'inherit'] });
  /** @type {(lines: Buffer) => void} */
  let answer = () => undefined;
  passLines(child.stdout, (lines) => answer(lines));
  createServer((socket) => {
    socket.on('error', () => undefined);
    passLines(socket, (lines) => {
      answer = (text) => void socket.write(text);
      child.stdin.write(lines);
    });
  }).listen(socketPath);
  process.on('SIGTERM', () => {
    child.kill();
    process.exit(0);
  });
} else {
  const socket = connect(socketPath);
  passLines(socket, (lines) => void process.stdout.write(lines));
  passLines(process.stdin, (lines) => void socket.write(lines));
  process.stdin.on('end', () => process.exit(0));
}
