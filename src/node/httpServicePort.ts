import { createServer } from 'node:net';

import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';

/** Docker's port for its gateway. */
const defaultPort = 8811;

/** The port of the service: the wish, else the one that it has. Others that it serves keep theirs. */
export function choosePort(current: number | undefined, others: number, wish: number | undefined): Result<number> {
  if (wish !== undefined && current !== undefined && wish !== current && others > 0) {
    const reason = `the service listens on ${current}, where ${others === 1 ? 'another configuration' : `${others} others`} of Codex finds it`;
    return fail(problems.servicePort(wish, reason, 'Leave --port out, or disconnect the others first.'));
  }
  return ok(wish ?? current ?? defaultPort);
}

/** Why nobody can listen on a port of 127.0.0.1, in words; undefined when one can. */
export function whyNotFree(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRINUSE' ? 'another program listens there' : error.message);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
