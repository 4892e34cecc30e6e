import { LineFramer } from '../node/lines.ts';
import { findLocations } from '../node/locations.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import { Gateway } from './gateway.ts';

/** Serves one client on stdio from this process, without a daemon. Resolves when its input ends or a signal comes. */
export async function runForeground(profile: ProfileSelection): Promise<number> {
  const gateway = new Gateway(findLocations({ mayRecord: false }), (line) => process.stderr.write(`wharf: ${line}\n`));
  const session = await gateway.openSession(profile, process.cwd(), (line) => process.stdout.write(`${line}\n`));
  const framer = new LineFramer((line) => session.receive(line));
  await new Promise<void>((resolve) => {
    process.stdin.on('data', (chunk: Buffer) => framer.push(chunk));
    process.stdin.on('end', resolve);
    process.stdin.on('error', () => resolve());
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => resolve());
    }
  });
  await gateway.close();
  return 0;
}
