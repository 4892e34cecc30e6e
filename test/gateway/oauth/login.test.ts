import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { serverDefaults, type RemoteServer } from '../../../src/core/profile/profile.ts';
import { Logins } from '../../../src/gateway/oauth/logins.ts';
import { MemoryTokenStore } from '../../../src/gateway/oauth/memoryTokenStore.ts';
import { openRemoteChannel } from '../../../src/gateway/upstreams/remoteChannel.ts';
import { logInAt, startOauthServer } from '../../support/oauthServer.ts';
import { ChannelOwner } from '../upstreams/channelOwner.ts';
import { serveGuarded } from './guardedServer.ts';

function remote(url: string): RemoteServer {
  const own = { url, transport: 'streamable', headers: {}, secrets: [], oauthScopes: null } as const;
  return { ...serverDefaults, kind: 'remote', name: 'far', tools: null, line: 1, ...own };
}

async function makeLogins(t: TestContext, store = new MemoryTokenStore()) {
  const lockFolder = await mkdtemp(join(tmpdir(), 'wharf-login-'));
  const log: string[] = [];
  const logins = new Logins({ store, lockFolder, log: (line) => void log.push(line) });
  t.after(async () => {
    logins.close();
    await rm(lockFolder, { recursive: true, force: true });
  });
  return { logins, store, log };
}

function open(t: TestContext, logins: Logins, url: string): ChannelOwner {
  const server = remote(url);
  return new ChannelOwner(
    t,
    openRemoteChannel(server, () => [], { authorizer: logins.authorizerFor(server, 'dev') }),
  );
}

test('a server that wants a login says how to log in, and takes whoever did', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const { logins, log } = await makeLogins(t);
  const early = open(t, logins, server.url);
  early.begin('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'owner', version: '1' } });
  const { problem } = await early.ended();
  assert.equal(problem?.code, 'WHARF_LOGIN_NEEDED');
  assert.match(problem.next, /wharf oauth authorize far --profile dev/);

  const begun = await logins.begin({ server: remote(server.url), scopes: [], client: undefined });
  assert.ok(begun.ok, JSON.stringify(begun));
  const waiting = logins.wait(begun.value.login);
  assert.match(await logInAt(begun.value.address), /You can close this window/);
  const login = await waiting;
  assert.ok(login.ok, JSON.stringify([login, log, oauth.events]));
  assert.equal(login.value.server, server.url);
  assert.equal(login.value.canRefresh, true);

  const owner = open(t, logins, server.url);
  await owner.initialize();
  assert.equal(await owner.call('echo', { text: 'hello' }), 'hello');
});
