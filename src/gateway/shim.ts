import { join } from 'node:path';

import { connectOrStartDaemon } from '../node/daemonProcess.ts';
import { findLocations } from '../node/locations.ts';
import { protocolVersion, type ProfileSelection } from '../shared/controlProtocol.ts';
import { describeProblem } from '../shared/problem.ts';
import { version } from '../shared/version.ts';

/**
 * What Codex runs, once per thread: a pipe between its stdio and the daemon. Ends when
 * either side does. Returns the exit code, or undefined when the daemon cannot be had
 * and the caller must serve by itself.
 */
export async function runShim(profile: ProfileSelection): Promise<number | undefined> {
  const locations = findLocations({ mayRecord: false });
  const connection = await connectOrStartDaemon(
    locations,
    { node: process.execPath, script: join(__dirname, 'wharf.cjs') },
    { wharf: protocolVersion, role: 'session', version, profile, cwd: process.cwd() },
  );
  if (!connection.ok) {
    process.stderr.write(`wharf: ${describeProblem(connection.problem)}\nwharf: serving this thread from its own process.\n`);
    return undefined;
  }
  const { socket } = connection.value;
  return new Promise((resolve) => {
    const end = (code: number): void => {
      socket.destroy();
      resolve(code);
    };
    process.stdin.pipe(socket, { end: false });
    socket.pipe(process.stdout, { end: false });
    process.stdin.on('end', () => end(0));
    process.stdin.on('error', () => end(0));
    process.stdout.on('error', () => end(0));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      process.stderr.write('wharf: the daemon closed the connection; start a new thread to go on.\n');
      end(1);
    });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => end(0));
    }
  });
}
