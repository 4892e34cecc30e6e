import assert from 'node:assert/strict';
import { test } from 'node:test';

import { internal } from '../../../src/core/problems.ts';
import { MemoryTokenStore } from '../../../src/gateway/oauth/memoryTokenStore.ts';
import { fail } from '../../../src/shared/result.ts';
import { startOauthServer, type OauthServer } from '../../support/oauthServer.ts';
import { until } from '../../support/until.ts';
import { serveGuarded } from './guardedServer.ts';
import { startProgram, type Program } from './logins.ts';

/** Resolves when the authorization server takes the program's present token for ended. */
async function expiry(program: Program, oauth: OauthServer): Promise<void> {
  const [login] = await program.kept();
  await until(async () => !(await oauth.introspect(login?.accessToken ?? '')).active, { what: 'the token to expire' });
}

test('a token that ends is renewed without its threads noticing, once for all of them', async (t) => {
  const oauth = await startOauthServer(t, { tokenSeconds: 2 });
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  await program.logIn(server.url);
  const threads = [program.thread(server.url), program.thread(server.url)];
  await Promise.all(threads.map((thread) => thread.initialize()));
  const [before] = await program.kept();
  await expiry(program, oauth);
  const calls = threads.flatMap((thread) => [1, 2, 3, 4].map((n) => thread.call('echo', { text: String(n) })));
  assert.deepEqual(await Promise.all(calls), ['1', '2', '3', '4', '1', '2', '3', '4']);
  assert.equal(await oauth.grants('refresh_token'), 1);
  const [after] = await program.kept();
  assert.notEqual(after?.accessToken, before?.accessToken);
  assert.notEqual(after?.refreshToken, before?.refreshToken);
  assert.ok(threads.every(({ end, junk }) => end === undefined && junk.length === 0));
});

test('a token that its server refuses before its time is renewed once, and the calls are made again', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  await program.logIn(server.url);
  const [login] = await program.kept();
  // Old enough that its refusal is no sign of a server that takes none at all.
  const aged = { ...login, obtainedAt: (login?.obtainedAt ?? 0) - 60_000, v: 1 };
  const [key = ''] = await keysOf(program);
  await program.store.set(key, JSON.stringify(aged));
  const other = program.another();
  const thread = other.thread(server.url);
  await thread.initialize();
  assert.equal(await thread.call('echo', { text: 'a' }), 'a');
  const refused = login?.accessToken;
  server.before = (request, response) => {
    const isOld = request.headers.authorization === `Bearer ${refused}`;
    return isOld && response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end() !== undefined;
  };
  const answers = await Promise.all(['b', 'c', 'd'].map((text) => thread.call('echo', { text })));
  assert.deepEqual(answers, ['b', 'c', 'd']);
  assert.equal(await oauth.grants('refresh_token'), 1);
});

test('two programs of one user renew a login once between them', async (t) => {
  const oauth = await startOauthServer(t, { tokenSeconds: 2 });
  const server = await serveGuarded(t, oauth);
  const one = await startProgram(t);
  const other = one.another();
  await one.logIn(server.url);
  const threads = [one.thread(server.url), other.thread(server.url)];
  await Promise.all(threads.map((thread) => thread.initialize()));
  await expiry(one, oauth);
  assert.deepEqual(await Promise.all(threads.map((thread) => thread.call('echo', { text: 'a' }))), ['a', 'a']);
  assert.equal(await oauth.grants('refresh_token'), 1);
});

test('a login that cannot be renewed any more asks for its person, and goes on when they logged in', async (t) => {
  const oauth = await startOauthServer(t, { tokenSeconds: 2 });
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  await program.logIn(server.url);
  const [login] = await program.kept();
  await fetch(`${oauth.issuer}/token/revocation`, {
    method: 'POST',
    body: new URLSearchParams({ token: login?.refreshToken ?? '', client_id: login?.client.id ?? '' }),
  });
  await expiry(program, oauth);
  const problem = await until(
    async () => {
      const found = await program.refusal(server.url);
      return /the login has ended/.test(found?.message ?? '') ? found : undefined;
    },
    { what: 'the end of the login to be noticed' },
  );
  assert.equal(problem.code, 'WHARF_LOGIN_NEEDED');
  await program.logIn(server.url);
  const thread = program.thread(server.url);
  await thread.initialize();
  assert.equal(await thread.call('echo', { text: 'a' }), 'a');
});

test('an authorization server that is away costs no login', async (t) => {
  const oauth = await startOauthServer(t, { tokenSeconds: 2 });
  const answers: Parameters<typeof serveGuarded>[1] = {
    issuer: oauth.issuer,
    introspect: (token) => (isAway ? Promise.resolve({ active: false }) : oauth.introspect(token)),
  };
  let isAway = false;
  const server = await serveGuarded(t, answers);
  const program = await startProgram(t);
  await program.logIn(server.url);
  await expiry(program, oauth);
  await oauth.stop();
  isAway = true;
  assert.equal((await program.refusal(server.url))?.code, 'WHARF_LOGIN_NOT_REFRESHED');
  assert.equal((await program.kept()).length, 1);
});

test('a server that refuses every token is not given one after the other', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, { issuer: oauth.issuer, introspect: () => Promise.resolve({ active: false }) });
  const program = await startProgram(t);
  await program.logIn(server.url);
  for (let time = 0; time < 3; time++) {
    assert.match((await program.refusal(server.url))?.message ?? '', /does not take the login that there is/);
  }
  assert.ok((await oauth.grants('refresh_token')) <= 1);
});

test('a store that does not open is said, and nobody logs in for nothing', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const store = new MemoryTokenStore();
  store.keys = () => Promise.resolve(fail(internal('the store')));
  const program = await startProgram(t, store);
  assert.equal((await program.refusal(server.url))?.code, 'WHARF_INTERNAL');
  const begun = await program.begin(server.url);
  assert.equal(begun.ok, false);
  assert.deepEqual(
    oauth.events.filter(({ event }) => event === 'registered'),
    [],
  );
});

test("the server's own stream goes on with a new token", async (t) => {
  const oauth = await startOauthServer(t, { tokenSeconds: 2 });
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  await program.logIn(server.url);
  const thread = program.thread(server.url);
  await thread.initialize();
  const streams = (): readonly (string | undefined)[] =>
    server.seen.filter(({ method, path }) => method === 'GET' && path === '/mcp').map(({ headers }) => headers.authorization);
  await until(() => streams().filter((one) => one !== undefined).length === 1, { what: 'the first stream' });
  await expiry(program, oauth);
  server.cut();
  await until(() => new Set(streams()).size === 2, { what: 'a stream with another token' });
  assert.equal(thread.end, undefined);
  assert.equal(await oauth.grants('refresh_token'), 1);
});

async function keysOf(program: Program): Promise<readonly string[]> {
  const keys = await program.store.keys();
  return keys.ok ? keys.value : [];
}
