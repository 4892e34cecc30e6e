import { setTimeout as pause } from 'node:timers/promises';

import { LineFramer } from '../node/lines.ts';
import { findLocations } from '../node/locations.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { visibleText } from '../shared/visibleText.ts';
import { describeError } from './connection.ts';
import { Gateway, stopPatienceMs } from './gateway.ts';

/** Serves one client on stdio from this process, without a daemon. Resolves when its input ends or a signal comes. */
export async function runForeground(profile: ProfileSelection): Promise<number> {
  const log = (line: string): void => void process.stderr.write(`wharf: ${visibleText(line, { keepNewlines: true })}\n`);
  const gateway = new Gateway(findLocations({ mayRecord: false }), log);
  const session = await gateway.openSession(profile, process.cwd(), (line) => process.stdout.write(`${line}\n`));
  const framer = new LineFramer((line) => session.receive(line));
  const code = await new Promise<number>((resolve) => {
    process.stdin.on('data', (chunk: Buffer) => {
      try {
        framer.push(chunk);
      } catch (error) {
        log(error instanceof RangeError ? error.message : describeError(error));
        resolve(1);
      }
    });
    process.stdin.on('end', () => resolve(0));
    process.stdin.on('error', () => resolve(0));
    process.stdout.on('error', () => resolve(0));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => resolve(0));
    }
  });
  await Promise.race([gateway.close(), pause(stopPatienceMs, undefined, { ref: false })]);
  return code;
}
