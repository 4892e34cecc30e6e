import assert from 'node:assert/strict';
import type { PrivateDockerd } from './privateDockerd.ts';
import { beginSlow, echo, pick, type Cycle } from './soakClients.ts';
import { until } from './until.ts';

const reachMs = 60_000;
/** Those that end with the engine, which removes them when it starts, and those that it has to end first, which takes it ten seconds. */
const pairs = [
  ['own', 'shared'],
  ['stubborn', 'stubbornShared'],
] as const;

/** The engine is ended during calls, and starts again. Its clients live on; their calls in flight are told as failed. */
export function engineRestarted(dockerd: PrivateDockerd): Cycle {
  return async (home, turn) => {
    // Shared with nobody before: a server that was lost five times within a minute would be left alone for a while.
    const settings = ['--cpus', String(1 + (turn + 1) / 10_000)];
    const clients = await Promise.all(
      pick(pairs, Math.floor(turn / 2)).map(async (server) => {
        const client = await home.session(settings);
        const reply = beginSlow(client, server);
        await echo(client, server);
        return { client, server, reply };
      }),
    );
    const pid = await home.daemonPid();
    await dockerd.kill(turn % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    for (const { reply } of clients) {
      const { error, result } = await reply;
      assert.ok(error !== undefined || (result as { isError?: boolean }).isError === true, 'a call in flight is told as failed');
    }
    await dockerd.start();
    await until(() => Promise.all(clients.map(({ client, server }) => echo(client, server))).then(() => true), {
      timeoutMs: reachMs,
      everyMs: 200,
      what: 'the servers to be back',
    });
    assert.equal(await home.daemonPid(), pid, 'the daemon lives on');
    await Promise.all(clients.map(({ client }) => client.close()));
  };
}
