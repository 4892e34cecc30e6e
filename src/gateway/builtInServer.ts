import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ServerProcess } from '../core/ports.ts';
import { startChildServer } from '../node/childServer.ts';
import type { Result } from '../shared/result.ts';

/** Starts a server that ships with Wharf as a child process with an empty environment, outside every project folder. */
export function startBuiltInServer(program: 'demo'): Promise<Result<ServerProcess>> {
  return startChildServer({
    server: program,
    command: process.execPath,
    args: [join(__dirname, `${program}Server.cjs`)],
    env: { ELECTRON_RUN_AS_NODE: '1' },
    cwd: tmpdir(),
  });
}
