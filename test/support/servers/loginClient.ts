// An MCP client for the conformance suite's scenarios of logging in: the gateway's own channel and logins, and a person who always
// says yes. The last argument is the server's address.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serverDefaults, type RemoteServer } from '../../../src/core/profile/profile.ts';
import { Logins } from '../../../src/gateway/oauth/logins.ts';
import { MemoryTokenStore } from '../../../src/gateway/oauth/memoryTokenStore.ts';
import { openRemoteChannel } from '../../../src/gateway/upstreams/remoteChannel.ts';
import { Upstream } from '../../../src/gateway/upstreams/upstream.ts';
import type { LoginClientChoice } from '../../../src/shared/controlProtocol.ts';
import { describeProblem, isProblem } from '../../../src/shared/problem.ts';
import { logInAt } from '../oauthServer.ts';

const mostLogins = 3;
const patienceMs = 10_000;
/** What the suite takes for a client ID metadata document. */
const document = 'https://conformance-test.local/client-metadata.json';

interface SuiteContext {
  readonly client_id?: string;
  readonly client_secret?: string;
}

const url = process.argv.at(-1) ?? '';
const given = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as SuiteContext;
const client: LoginClientChoice =
  given.client_id === undefined
    ? { kind: 'document', url: document }
    : { kind: 'known', id: given.client_id, secret: given.client_secret ?? null, port: null };
const own = { name: 'suite', url, transport: 'streamable', headers: {}, secrets: [], oauthScopes: null, tools: null, line: 1 } as const;
const server: RemoteServer = { ...serverDefaults, kind: 'remote', ...own };
const folder = await mkdtemp(join(tmpdir(), 'wharf-suite-'));
const logins = new Logins({ store: new MemoryTokenStore(), lockFolder: folder, log: (line) => console.error(line) });

async function logIn(): Promise<void> {
  const begun = await logins.begin({ server, scopes: [], client });
  if (!begun.ok) {
    throw new Error(describeProblem(begun.problem));
  }
  const outcome = logins.wait(begun.value.login);
  await logInAt(begun.value.address);
  const login = await outcome;
  if (!login.ok) {
    throw new Error(describeProblem(login.problem));
  }
}

/** Connects, lists the tools and calls each. Gives the code of the problem that stands in the way. */
async function use(): Promise<string | undefined> {
  const channel = openRemoteChannel(server, () => [], { authorizer: logins.authorizerFor(server, 'suite') });
  const nobody = { request: () => undefined, notification: () => undefined, broken: () => undefined };
  const upstream = new Upstream('suite', channel, nobody);
  try {
    const hello = await upstream.initialize({}, patienceMs);
    if (!hello.ok) {
      console.error(describeProblem(hello.problem));
      return hello.problem.code;
    }
    const listed = await upstream.ask('tools/list', {}, patienceMs);
    const names = listed.kind === 'result' ? (JSON.parse(listed.value.toString()) as { tools: { name: string }[] }).tools : [];
    const replies = [listed];
    for (const { name } of names) {
      replies.push(await upstream.ask('tools/call', { name, arguments: {} }, patienceMs));
    }
    for (const reply of replies) {
      const { data } = (reply.kind === 'error' ? JSON.parse(reply.value.toString()) : {}) as { data?: unknown };
      if (isProblem(data)) {
        return data.code;
      }
    }
    return undefined;
  } finally {
    await channel.stop();
  }
}

let problem = await use();
for (let count = 0; count < mostLogins && problem?.startsWith('WHARF_LOGIN') === true; count++) {
  await logIn();
  problem = await use();
}
logins.close();
await rm(folder, { recursive: true, force: true });
process.exitCode = problem === undefined ? 0 : 1;
