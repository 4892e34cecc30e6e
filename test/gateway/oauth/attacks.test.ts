import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';

import { sayYes, startOauthServer } from '../../support/oauthServer.ts';
import { until } from '../../support/until.ts';
import { serve, type TestHttpServer } from '../upstreams/remoteServers.ts';
import { serveGuarded } from './guardedServer.ts';
import { problemOf, startProgram, type Program } from './logins.ts';

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** An authorization server of an attacker: says of itself what the test wants, and takes every code. */
async function serveHostile(t: TestContext, more: (origin: string) => Record<string, unknown> = () => ({})) {
  const bodies: string[] = [];
  const server: TestHttpServer = await serve(t, (request: IncomingMessage, response: ServerResponse) => {
    const { origin } = server;
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      if (request.url === '/.well-known/oauth-authorization-server') {
        json(response, {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          registration_endpoint: `${origin}/register`,
          code_challenge_methods_supported: ['S256'],
          ...more(origin),
        });
      } else if (request.url === '/register') {
        json(response, { ...(JSON.parse(body) as object), client_id: 'c' }, 201);
      } else if (request.url === '/token') {
        json(response, { access_token: 'a-token-for-this', token_type: 'Bearer', expires_in: 3600 });
      } else {
        json(response, {}, 404);
      }
    });
  });
  return { ...server, bodies };
}

const nobody = { introspect: () => Promise.resolve({ active: false }) };

async function beginAt(t: TestContext, issuer: string, change: Record<string, unknown> = {}) {
  const server = await serveGuarded(t, { issuer, ...nobody });
  Object.assign(server.metadata, change);
  const program = await startProgram(t);
  return { server, program, begun: await program.begin(server.url) };
}

/** Comes back from the login's page with these parameters. */
async function comeBack(address: string, parameters: Readonly<Record<string, string>>): Promise<Response> {
  const url = new URL(new URL(address).searchParams.get('redirect_uri') ?? '');
  Object.entries(parameters).forEach(([name, value]) => url.searchParams.set(name, value));
  return fetch(url);
}

function stateOf(address: string): string {
  return new URL(address).searchParams.get('state') ?? '';
}

async function assertNothingKept(program: Program): Promise<void> {
  assert.deepEqual(await program.kept(), []);
}

/** Connects a thread as far as it comes. */
async function tryOut(program: Program, url: string): Promise<void> {
  const thread = program.thread(url);
  const id = thread.begin('initialize', {});
  await until(() => thread.end !== undefined || thread.messages.some((message) => message.id === id), { what: 'an end' });
}

test('an answer with another state changes nothing, and the right one is still taken', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  const { address, outcome } = await program.page(server.url);
  const back = await sayYes(address);
  for (const state of ['', 'x', `${stateOf(address)}x`]) {
    const forged = new URL(back);
    forged.searchParams.set('state', state);
    assert.equal((await fetch(forged)).status, 400);
  }
  await assertNothingKept(program);
  const withOtherHost = await new Promise<number>((resolve, reject) => {
    void import('node:http').then(({ get }) =>
      get(back, { headers: { host: 'attacker.example' } }, (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject),
    );
  });
  assert.equal(withOtherHost, 400);
  assert.equal((await fetch(back, { method: 'POST' })).status, 400);
  assert.equal((await fetch(back)).status, 200);
  assert.equal((await outcome).ok, true);
});

test("another issuer's answer is refused before its code goes anywhere", async (t) => {
  const hostile = await serveHostile(t);
  const { program, begun } = await beginAt(t, hostile.origin);
  assert.ok(begun.ok);
  const outcome = program.logins.wait(begun.value.login);
  const { address } = begun.value;
  await comeBack(address, { state: stateOf(address), code: 'stolen-code', iss: 'https://honest.example' });
  assert.match(problemOf(await outcome).message, /unexpected "iss"/);
  assert.ok(hostile.bodies.every((body) => !body.includes('stolen-code')));
  await assertNothingKept(program);
});

test('an issuer that promises to name itself and does not is refused', async (t) => {
  const hostile = await serveHostile(t, () => ({ authorization_response_iss_parameter_supported: true }));
  const { program, begun } = await beginAt(t, hostile.origin);
  assert.ok(begun.ok);
  const outcome = program.logins.wait(begun.value.login);
  await comeBack(begun.value.address, { state: stateOf(begun.value.address), code: 'stolen-code' });
  assert.match(problemOf(await outcome).message, /"iss" \(issuer\) missing/);
  assert.ok(hostile.bodies.every((body) => !body.includes('stolen-code')));
});

test('a code is good for one time, here and at its authorization server', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  const first = await program.page(server.url);
  const back = await sayYes(first.address);
  await fetch(back);
  assert.equal((await first.outcome).ok, true);
  await until(
    () =>
      fetch(back).then(
        () => false,
        () => true,
      ),
    { what: 'the port to be closed' },
  );

  const second = await program.page(server.url);
  await comeBack(second.address, {
    state: stateOf(second.address),
    iss: oauth.issuer,
    code: back.searchParams.get('code') ?? '',
  });
  assert.match(problemOf(await second.outcome).message, /invalid_grant/);
});

test('metadata about another server is refused', async (t) => {
  const hostile = await serveHostile(t);
  for (const resource of ['https://honest.example/mcp', `${hostile.origin}/mcp`, undefined, 'no address']) {
    const { begun } = await beginAt(t, hostile.origin, { resource });
    assert.match(problemOf(begun).message, /is about ".*" and not about this server/);
  }
  const { server, program } = await beginAt(t, hostile.origin, { resource: 'https://honest.example/mcp' });
  for (const path of ['/mc', '/mcp/deeper', '/other']) {
    server.metadata['resource'] = `${server.origin}${path}`;
    assert.match(problemOf(await program.begin(server.url)).message, /and not about this server/);
  }
  assert.deepEqual(
    hostile.bodies.filter((body) => body !== ''),
    [],
  );
});

test('an authorization server that says it is another one is refused', async (t) => {
  const hostile = await serveHostile(t, () => ({ issuer: 'https://honest.example' }));
  const { begun } = await beginAt(t, hostile.origin);
  assert.match(problemOf(begun).message, /"issuer" property does not match/);
});

test('an authorization server without PKCE is refused', async (t) => {
  for (const methods of [undefined, ['plain']]) {
    const hostile = await serveHostile(t, () => ({ code_challenge_methods_supported: methods }));
    const { begun } = await beginAt(t, hostile.origin);
    assert.match(problemOf(begun).message, /does not protect its codes/);
  }
});

test('no redirect is followed to another host, nor with a body, and none in a circle', async (t) => {
  const elsewhere = await serve(t, (_request, response) => json(response, {}));
  const hostile = await serve(t, (_request, response) => response.writeHead(302, { location: elsewhere.url }).end());
  const { server, program, begun } = await beginAt(t, hostile.origin);
  assert.match(problemOf(begun).message, /a redirect that is not followed/);

  server.before = (request, response) =>
    request.url?.startsWith('/.well-known') === true && response.writeHead(302, { location: request.url }).end() !== undefined;
  assert.match(problemOf(await program.begin(server.url)).message, /a redirect that is not followed/);

  const bending = await serveHostile(t, () => ({ token_endpoint: `${hostile.origin}/token` }));
  const other = await beginAt(t, bending.origin);
  assert.ok(other.begun.ok);
  const outcome = other.program.logins.wait(other.begun.value.login);
  await comeBack(other.begun.value.address, { state: stateOf(other.begun.value.address), code: 'a-code' });
  assert.match(problemOf(await outcome).message, /a redirect that is not followed/);
  assert.deepEqual(elsewhere.seen, []);
});

test('addresses that nobody may be led to are not asked, whoever names them', async (t) => {
  const server = await serveGuarded(t, { issuer: '', ...nobody });
  const program = await startProgram(t);
  const addresses = [
    'https://169.254.169.254/',
    'https://[fe80::1]/',
    'https://0.0.0.0/',
    'https://[::ffff:169.254.169.254]/',
    'https://100.100.100.200/',
  ];
  for (const issuer of addresses) {
    server.metadata['authorization_servers'] = [issuer];
    assert.match(problemOf(await program.begin(server.url)).message, /an address that this server must not name/);
  }
  for (const issuer of ['http://10.0.0.1/', 'http://honest.example/', 'file:///etc/passwd', 'ftp://127.0.0.1/']) {
    server.metadata['authorization_servers'] = [issuer];
    assert.match(problemOf(await program.begin(server.url)).message, /neither https nor on this computer/);
  }
});

test('a page for logging in that is no web page of its own is not shown to anybody', async (t) => {
  const pages = [
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://honest.example/',
    'https://169.254.169.254/latest',
    'https://u:p@127.0.0.1/',
  ];
  for (const authorization_endpoint of pages) {
    const hostile = await serveHostile(t, () => ({ authorization_endpoint }));
    const { begun } = await beginAt(t, hostile.origin);
    assert.match(problemOf(begun).message, /at an address that this server must not name/);
  }
});

test('metadata without an end, or larger than metadata is, is given up', async (t) => {
  const hostile = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = (): void => void (response.destroyed || response.write(' '.repeat(64 * 1024), more));
    more();
  });
  const { server, program, begun } = await beginAt(t, hostile.origin);
  assert.match(problemOf(begun).message, /gives more than 256 KB/);
  server.metadata['filler'] = 'x'.repeat(300 * 1024);
  assert.match(problemOf(await program.begin(server.url)).message, /gives more than 256 KB/);
});

test('a token goes to its server alone: to no other path, no other origin and no redirect', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const elsewhere = await serve(t, (_request, response) => response.writeHead(401).end());
  const program = await startProgram(t);
  await program.logIn(server.url);
  for (const url of [`${server.origin}/other`, `${server.origin}/mcpx`, elsewhere.url]) {
    await tryOut(program, url);
  }
  for (const location of [`${server.origin}/other`, elsewhere.url]) {
    server.before = (request, response) => request.url === '/mcp' && response.writeHead(307, { location }).end() !== undefined;
    await tryOut(program, server.url);
  }
  const strangers = [...elsewhere.seen, ...server.seen.filter(({ path }) => path !== '/mcp')];
  assert.ok(strangers.length > 3);
  assert.ok(strangers.every(({ headers }) => headers.authorization === undefined && headers.cookie === undefined));
});

test('no token is in any log or message, also where a server says it back', async (t) => {
  const oauth = await startOauthServer(t);
  const server = await serveGuarded(t, oauth);
  const program = await startProgram(t);
  await program.logIn(server.url);
  const [login] = await program.kept();
  const token = login?.accessToken ?? '';
  const thread = program.thread(server.url);
  await thread.initialize();
  server.before = (request, response) =>
    request.method === 'POST' &&
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`bad ${token}, ${login?.refreshToken}`) !== undefined;
  const said = await thread.call('echo', { text: 'a' });
  assert.match(said, /HTTP 500: bad \*\*\*, \*\*\*/);
  const everything = JSON.stringify([program.log, thread.messages, thread.junk, thread.channel.id]);
  assert.ok(token.length > 20 && !everything.includes(token) && !everything.includes(login?.refreshToken ?? token));
});

test('metadata of any shape ends in a sentence or in a page, never in a fault', async (t) => {
  const odd: readonly unknown[] = [null, 0, '', 'x', [], [1], {}, 'https://[', true];
  const keys = ['issuer', 'authorization_endpoint', 'token_endpoint', 'registration_endpoint', 'revocation_endpoint'];
  const lists = ['scopes_supported', 'token_endpoint_auth_methods_supported', 'code_challenge_methods_supported'];
  let change: Record<string, unknown> = {};
  const hostile = await serveHostile(t, () => change);
  const server = await serveGuarded(t, { issuer: hostile.origin, ...nobody });
  const program = await startProgram(t);
  const sound = server.metadata;
  const look = async (): Promise<void> => {
    const begun = await program.begin(server.url);
    assert.ok(begun.ok ? begun.value.address.startsWith('http') : begun.problem.code.startsWith('WHARF_LOGIN_'), JSON.stringify(begun));
  };
  for (const value of odd) {
    for (const key of [...keys, ...lists, 'client_id_metadata_document_supported']) {
      change = { [key]: value };
      await look();
    }
    change = {};
    for (const key of ['resource', 'authorization_servers', 'scopes_supported']) {
      server.metadata = { ...sound, [key]: value };
      await look();
    }
    server.metadata = value as Record<string, unknown>;
    await look();
    server.metadata = sound;
  }
  assert.deepEqual(program.log, []);
});

test('tokens of any shape end in a sentence', async (t) => {
  let answer: unknown;
  let status = 200;
  const tokens = await serve(t, (_request, response) => json(response, answer, status));
  const bending = await serveHostile(t, () => ({ token_endpoint: tokens.url }));
  const server = await serveGuarded(t, { issuer: bending.origin, ...nobody });
  const program = await startProgram(t);
  const odd = [
    null,
    [],
    {},
    { access_token: 1, token_type: 'Bearer' },
    { access_token: 'a\r\nx: y', token_type: 'Bearer' },
    { access_token: 'a', token_type: 'mac' },
    { access_token: 'a', token_type: 'Bearer', expires_in: 'soon' },
    { access_token: 'a', token_type: 'Bearer', id_token: 'x.y.z' },
    { access_token: 'a', token_type: 'Bearer', scope: 1 },
  ];
  for (const one of odd) {
    answer = one;
    const { address, outcome } = await program.page(server.url);
    await comeBack(address, { state: stateOf(address), code: 'a-code' });
    assert.equal(problemOf(await outcome).code, 'WHARF_LOGIN_FAILED', JSON.stringify(one));
  }
  await assertNothingKept(program);

  // What it got is not repeated to anybody.
  [answer, status] = [{ error: 'invalid_grant', error_description: 'the code c0de-of-the-person is none' }, 400];
  const { address, outcome } = await program.page(server.url);
  await comeBack(address, { state: stateOf(address), code: 'c0de-of-the-person' });
  assert.match(problemOf(await outcome).message, /invalid_grant": the code \*\*\* is none/);
});
