import { once } from 'node:events';
import type { Duplex } from 'node:stream';

import type Docker from 'dockerode';

import type { ServerExit, ServerProcess } from '../core/ports.ts';
import { Demultiplexer } from './demultiplexer.ts';

const stopPatienceMs = 2_000;

/** Attaches to a created container and starts it: nothing that it writes is missed. */
export async function attachContainer(container: Docker.Container): Promise<ServerProcess> {
  const stream = (await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })) as Duplex;
  const removed = container.wait({ condition: 'removed' }) as Promise<{ StatusCode: number }>;
  const exited: Promise<ServerExit> = removed.then(
    ({ StatusCode }) => ({ code: StatusCode }),
    () => ({ code: null }),
  );
  const out = new Set<(bytes: Uint8Array) => void>();
  const err = new Set<(bytes: Uint8Array) => void>();
  const demultiplexer = new Demultiplexer(
    (bytes) => out.forEach((listener) => listener(bytes)),
    (bytes) => err.forEach((listener) => listener(bytes)),
  );
  stream.on('data', (chunk: Buffer) => demultiplexer.push(chunk));
  stream.on('error', () => undefined);
  await container.start();
  return {
    id: container.id,
    exited,
    onStdout: (listener) => void out.add(listener),
    onStderr: (listener) => void err.add(listener),
    async write(bytes) {
      if (!stream.destroyed && !stream.write(bytes)) {
        await Promise.race([once(stream, 'drain'), exited]);
      }
    },
    async stop() {
      stream.end();
      // A server that ends at the end of its input is gone well before; the rest is killed.
      const timer = setTimeout(() => void container.kill().catch(() => undefined), stopPatienceMs);
      await exited;
      clearTimeout(timer);
      stream.destroy();
    },
  };
}
