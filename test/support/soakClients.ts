import assert from 'node:assert/strict';
import type { McpClient, Reply } from './mcpClient.ts';
import { soakServers, type SoakHome, type SoakServer } from './soakHome.ts';
import { until } from './until.ts';

type Ending = 'end of input' | 'SIGTERM' | 'SIGKILL';

/** One start and one end. `turn` counts the cycles of this kind, and picks what is tried this time. */
export type Cycle = (home: SoakHome, turn: number) => Promise<void>;

const endings: readonly Ending[] = ['end of input', 'SIGTERM', 'SIGKILL'];
/** Longer than any run. */
export const foreverMs = 3_600_000;

async function end(client: McpClient, ending: Ending): Promise<void> {
  if (ending === 'end of input') {
    client.endInput();
  } else {
    client.kill(ending);
  }
  const exit = await client.exited;
  assert.deepEqual(exit, ending === 'SIGKILL' ? { code: null, signal: 'SIGKILL' } : { code: 0, signal: null }, client.stderr);
}

/** A call that is answered, perhaps with a note that the server was restarted. */
export async function echo(client: McpClient, server: SoakServer): Promise<void> {
  const { result, error } = await client.callTool(`${server}_echo`, { text: server });
  const { content = [] } = (result ?? {}) as { readonly content?: readonly { readonly text?: string }[] };
  assert.equal(content.at(-1)?.text ?? error?.message, `echo: ${server}`);
}

/** Begins a call that the server works on and will not answer. When the next call is answered, it has it. */
export function beginSlow(client: McpClient, server: SoakServer): Promise<Reply> {
  return client.begin('tools/call', { name: `${server}_slow`, arguments: { ms: foreverMs } }).reply;
}

export function pick<T>(choices: readonly T[], turn: number): T {
  const choice = choices[turn % choices.length];
  assert.ok(choice !== undefined);
  return choice;
}

/** Each way of ending with each server, after answered calls. */
const afterCalls: Cycle = async (home, turn) => {
  const client = await home.session();
  await echo(client, pick(soakServers, turn));
  await end(client, pick(endings, Math.floor(turn / soakServers.length)));
};

const duringCalls: Cycle = async (home, turn) => {
  const client = await home.session();
  const server = pick(soakServers, turn);
  void beginSlow(client, server);
  await echo(client, server);
  await end(client, pick(endings, Math.floor(turn / soakServers.length)));
};

/** A client that goes before anything is answered: the moment is the next message that it did not wait for. */
const atStart: Cycle = async (home, turn) => {
  const client = await home.user.gateway(['--profile', home.profile]);
  const steps = [
    () => client.initialize(),
    () => client.request('tools/list', {}),
    () => client.callTool(`${pick(soakServers, turn)}_echo`, { text: '' }),
  ];
  const waits = turn % (steps.length + 1);
  for (const step of steps.slice(0, waits)) {
    await step();
  }
  void steps[waits]?.().catch(() => undefined);
  // A client that has only just been started does not know its signals yet.
  await end(client, waits === 0 ? 'SIGKILL' : pick(endings, Math.floor(turn / steps.length)));
};

/** The server goes first, and comes back for the next call. */
const crash: Cycle = async (home, turn) => {
  const client = await home.session();
  const server = pick(['own', 'native'] as const, turn);
  await echo(client, server);
  await client.callTool(`${server}_crash`);
  await echo(client, server);
  await end(client, 'end of input');
};

/** Clients that come and go in a crowd, and share a server. */
const crowd: Cycle = async (home) => {
  const clients = await Promise.all(endings.map(() => home.session()));
  await Promise.all(clients.map((client) => echo(client, 'shared')));
  await Promise.all(clients.map((client, index) => end(client, pick(endings, index))));
};

/** What clients do to a daemon that lives. The last two are rarer, and wait for more. */
const kinds: readonly (readonly [string, Cycle])[] = [
  ['after calls', afterCalls],
  ['during calls', duringCalls],
  ['at start', atStart],
  ['after calls', afterCalls],
  ['during calls', duringCalls],
  ['at start', atStart],
  ['server crash', crash],
  ['crowd', crowd],
];

/** A cycle of a client, the next kind each time. */
export const clientCycle: Cycle = async (home, turn) => {
  const [name, cycle] = pick(kinds, turn);
  try {
    await cycle(home, Math.floor(turn / 3));
  } catch (error) {
    throw new Error(`The cycle ${turn} "${name}" failed.`, { cause: error });
  }
};

/** The daemon is killed while its clients wait for answers. They find another, and end. */
export const daemonKilled: Cycle = async (home, turn) => {
  const clients = await Promise.all([home.session(), home.session()]);
  const servers = [pick(soakServers, turn), pick(soakServers, turn + 1)] as const;
  const open = clients.map((client, index) => beginSlow(client, pick(servers, index)));
  await Promise.all(clients.map((client, index) => echo(client, pick(servers, index))));
  const pid = await home.daemonPid();
  process.kill(pid, 'SIGKILL');
  const replies = await Promise.all(open);
  replies.forEach(({ error }) => assert.ok(error !== undefined, 'a call in flight is told as failed'));
  await Promise.all(clients.map((client, index) => echo(client, pick(servers, index))));
  assert.notEqual(await home.daemonPid(), pid);
  await Promise.all(clients.map((client, index) => end(client, pick(endings, turn + index))));
};

/** A gateway without a daemon is killed while one lives: the daemon of the same machine removes what it leaves. */
export const ownGatewayKilled: Cycle = async (home, turn) => {
  const client = await home.user.gateway(['--profile', home.profile, '--no-daemon']);
  await client.initialize();
  if (turn % 3 === 2) {
    // In the middle of the start of a container.
    client.begin('tools/call', { name: 'stubborn_echo', arguments: { text: '' } });
    await until(async () => (await home.containers()).length > 0, { everyMs: 5, what: 'a container' });
  } else {
    void beginSlow(client, 'stubborn');
    await echo(client, 'stubborn');
  }
  await end(client, 'SIGKILL');
};
