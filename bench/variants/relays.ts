import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from '../../test/support/until.ts';
import type { Cleanup } from '../cleanup.ts';
import { StdioClient } from '../client/stdioClient.ts';
import { Background, treeOf } from '../processes.ts';
import type { ServerProgram } from '../servers/programs.ts';
import type { Variant } from './variant.ts';

const program = join(import.meta.dirname, '..', 'servers', 'plainRelay.mjs');

/** The way that Wharf takes, without Wharf: what is left of a figure here no gateway of two processes in Node can do without. */
export async function startRelays(cleanup: Cleanup, server: ServerProgram): Promise<Variant> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-bench-'));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  const socket = join(folder, 'relay.sock');
  const options = { cwd: folder, env: { PATH: process.env['PATH'] } };
  const relay = new Background(process.execPath, [program, 'serve', socket, ...server], options);
  cleanup.add(() => relay.stop());
  await until(() => existsSync(socket), { what: 'the relay to listen' });
  return {
    name: 'relays',
    open: () => new StdioClient(process.execPath, [program, 'join', socket], options),
    sharedProcesses: () => treeOf(relay.pid),
  };
}
