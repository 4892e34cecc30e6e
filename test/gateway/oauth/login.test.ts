import assert from 'node:assert/strict';
import { test } from 'node:test';

import { logInAt, sayYes, startOauthServer } from '../../support/oauthServer.ts';
import { until } from '../../support/until.ts';
import { serveLegacySse } from '../upstreams/legacySseServer.ts';
import { serveGuarded } from './guardedServer.ts';
import { problemOf, startProgram, value } from './logins.ts';

test('a server that wants a login says how to log in, and takes whoever did', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  const problem = await program.refusal(server.url);
  assert.equal(problem?.code, 'WHARF_LOGIN_NEEDED');
  assert.match(problem.next, /wharf oauth authorize far --profile dev/);

  const login = await program.logIn(server.url);
  assert.deepEqual([login.server, login.issuer, login.scopes, login.canRefresh], [server.url, oauth.issuer, ['mcp:read'], true]);
  const owner = program.thread(server.url);
  await owner.initialize();
  assert.equal(await owner.call('echo', { text: 'hello' }), 'hello');
  assert.equal((await oauth.introspect(server.tokens[0] ?? '')).aud, server.url);
});

test('a server with a header of its own for authorisation is never logged in', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  await program.logIn(server.url);
  const owner = program.thread(server.url, 'streamable', { Authorization: 'Bearer of-my-own' });
  owner.begin('initialize', {});
  assert.match((await owner.ended()).lastOutput, /wants authorisation \(HTTP 401\)/);
  assert.deepEqual(new Set(server.tokens), new Set(['of-my-own']));
});

test('a server that describes itself only at a well-known place is found, with and without its path', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  for (const place of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']) {
    server.before = (request, response) => {
      if (request.url === '/mcp' && request.headers.authorization === undefined) {
        response.writeHead(401).end();
        return true;
      }
      const isOther = request.url?.startsWith('/.well-known') === true && request.url !== place;
      return isOther && response.writeHead(404).end() !== undefined;
    };
    const login = await program.logIn(server.url);
    assert.deepEqual(login.scopes, ['mcp:read', 'mcp:write']);
    assert.equal(server.seen.at(-1)?.path, place);
  }
});

test('a client that was registered by hand is used where nobody registers by themselves, and the next time again', async (t) => {
  const oauth = await startOauthServer(t, { registration: false });
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  const problem = problemOf(await program.begin(server.url));
  assert.equal(problem.code, 'WHARF_LOGIN_CLIENT_NEEDED');
  await program.logIn(server.url, [], { kind: 'known', id: 'known', secret: oauth.knownSecret, port: null });
  await program.logIn(server.url);
  assert.deepEqual(
    (await program.kept()).map(({ client }) => client.id),
    ['known'],
  );
  const owner = program.thread(server.url);
  await owner.initialize();
  assert.equal(await owner.call('echo', { text: 'hello' }), 'hello');
});

test('a call that needs more than the login allows says so, and the next login asks for that on top', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  server.needs = (_request, body) => (body.includes('"big"') ? 'mcp:write' : 'mcp:read');
  const program = await startProgram(t);
  await program.logIn(server.url);
  const owner = program.thread(server.url);
  await owner.initialize();
  const refused = await owner.request('tools/call', { name: 'big', arguments: { bytes: 3 } });
  assert.match(refused.error?.message ?? '', /wants a login that allows more: mcp:write\. \(WHARF_LOGIN_SCOPES\)/);
  assert.equal(await owner.call('echo', { text: 'still here' }), 'still here');

  assert.deepEqual((await program.logIn(server.url)).scopes, ['mcp:read', 'mcp:write']);
  assert.equal(await owner.call('big', { bytes: 3 }), 'xxx');
  assert.equal((await program.kept()).length, 1);
});

test('a login is ended at its authorization server and forgotten; a thread then says what to do', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  await program.logIn(server.url);
  const owner = program.thread(server.url);
  await owner.initialize();
  assert.equal(await owner.call('echo', { text: 'a' }), 'a');
  const [before] = await program.kept();
  assert.equal(value(await program.logins.revoke(server.url)), true);
  for (const token of [before?.accessToken, before?.refreshToken]) {
    assert.equal((await oauth.introspect(token ?? '')).active, false);
  }
  assert.deepEqual(value(await program.logins.list()), []);
  const answer = await owner.request('tools/call', { name: 'echo', arguments: { text: 'a' } });
  assert.match(answer.error?.message ?? '', /WHARF_LOGIN_NEEDED/);
  assert.equal((await owner.ended()).problem?.code, 'WHARF_LOGIN_NEEDED');
  assert.equal(problemOf(await program.logins.revoke(server.url)).code, 'WHARF_LOGIN_UNKNOWN');
});

test('a login that its authorization server does not end is forgotten all the same, and that is said', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  await program.logIn(server.url);
  await oauth.stop();
  assert.equal(problemOf(await program.logins.revoke(server.url)).code, 'WHARF_LOGIN_NOT_REVOKED');
  assert.deepEqual(await program.kept(), []);
});

test('a login that is given up, or that its person refuses, leaves nothing behind', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  const first = await program.page(server.url);
  program.logins.cancel(first.login);
  assert.equal(problemOf(await first.outcome).code, 'WHARF_LOGIN_OVER');
  const redirect = new URL(first.address).searchParams.get('redirect_uri') ?? '';
  await until(
    () =>
      fetch(redirect).then(
        () => false,
        () => true,
      ),
    { what: 'the port to be closed' },
  );

  const second = await program.page(server.url);
  const back = await sayYes(second.address);
  const refused = new URL(back.origin + back.pathname);
  refused.searchParams.set('state', back.searchParams.get('state') ?? '');
  refused.searchParams.set('iss', oauth.issuer);
  refused.searchParams.set('error', 'access_denied');
  assert.match(await (await fetch(refused)).text(), /The login failed/);
  assert.match(problemOf(await second.outcome).message, /access_denied/);
  assert.deepEqual(await program.kept(), []);
});

test('the page that the browser comes back to shows no code to anybody else', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  const { address } = await program.page(server.url);
  const response = await fetch(await sayYes(address));
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.match(await response.text(), /You can close this window/);
  assert.ok(oauth.events.every(({ event }) => event !== 'serverError'));
  assert.match(await logInAt((await program.page(server.url)).address), /You are logged in/);
});

test('a server over HTTP with SSE takes the login at each of its addresses, whether its profile says so or not', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveLegacySse(t, async (request, response) => {
    if (request.url?.startsWith('/.well-known/oauth-protected-resource') === true) {
      const metadata = { resource: server.url, authorization_servers: [oauth.issuer], scopes_supported: ['mcp:read'] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
      return true;
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const isIn = token !== '' && (await oauth.introspect(token)).active;
    return !isIn && response.writeHead(401).end() !== undefined;
  });
  const program = await startProgram(t);
  for (const transport of ['streamable', 'sse'] as const) {
    const early = program.thread(server.url, transport);
    early.begin('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'owner', version: '1' } });
    assert.equal((await early.ended()).problem?.code, 'WHARF_LOGIN_NEEDED', transport);
    await program.logIn(server.url);
    const owner = program.thread(server.url, transport);
    await owner.initialize();
    assert.equal(await owner.call('echo', { text: 'hello' }), 'hello');
    value(await program.logins.revoke(server.url));
  }
});
