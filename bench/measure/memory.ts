import { setTimeout as pause } from 'node:timers/promises';

import type { Cleanup } from '../cleanup.ts';
import { echo, listTools, type BenchClient } from '../client/messages.ts';
import { pssOf, rssOf } from '../processes.ts';
import { echoServer } from '../servers/programs.ts';
import type { Variant } from '../variants/variant.ts';
import { daemonOf, nativeProfile } from '../variants/wharf.ts';
import { makeBenchHome } from '../variants/wharfHome.ts';

/** Until what was allocated for the start is given back. */
const settleMs = 2_000;

export interface ThreadMemory {
  /** Megabytes (PSS) of the process that was started for each client, or undefined where there is none. */
  readonly each: number | undefined;
  /** Megabytes (PSS) of all processes that serve these clients. */
  readonly total: number;
}

/** Memory while this many clients are connected, have made one call, and idle. */
export async function memoryOfThreads(variant: Variant, threads: number): Promise<ThreadMemory> {
  const clients: BenchClient[] = [];
  try {
    for (let count = 0; count < threads; count++) {
      const client = variant.open();
      clients.push(client);
      await listTools(client);
      await echo(client);
    }
    await pause(settleMs);
    const own = clients.flatMap(({ pid }) => (pid === undefined ? [] : [pssOf(pid)]));
    const sum = own.reduce((total, one) => total + one, 0);
    const shared = variant.sharedProcesses().reduce((total, pid) => total + pssOf(pid), 0);
    return { each: own.length === 0 ? undefined : sum / own.length, total: sum + shared };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** Megabytes (RSS) of a daemon that knows the tools of this many servers and has run each of them. */
export async function daemonMemory(servers: number, all: Cleanup): Promise<number> {
  const cleanup = all.part();
  try {
    const home = await makeBenchHome(cleanup);
    const names = Array.from({ length: servers }, (_, index) => `server${index}`);
    await home.writeProfile('many', nativeProfile(echoServer, names));
    const shim = home.shim('many');
    cleanup.add(() => shim.close());
    const tools = await listTools(shim);
    for (const tool of tools.filter((name) => name.endsWith('echo'))) {
      await echo(shim, tool);
    }
    await pause(settleMs);
    return rssOf(await daemonOf(home));
  } finally {
    await cleanup.run();
  }
}
