import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';

import { callerNetwork, isLoopbackHost } from '../../../src/gateway/http/callerAddress.ts';
import { FailedTries } from '../../../src/gateway/http/failedTries.ts';
import { until } from '../../support/until.ts';
import { bearing, call, initialize, json, knownToken, modernCall, send, startFront, textOf, token } from './front.ts';

const [alice, bob] = ['alice-has-this-secret', 'bob-has-another-secret'];

function tokensOfBoth(): ReturnType<typeof knownToken>[] {
  return [knownToken('alice', alice, { tools: ['echo'] }), knownToken('bob', bob, { profiles: ['one', 'two'] })];
}

test('a token opens its own profiles, and others are as if they were not there', async (t) => {
  const { origin, sessions } = await startFront(t, { tokens: tokensOfBoth() });
  await initialize(origin, '2025-06-18', '/p/one/mcp', bearing(alice));
  assert.deepEqual(
    [sessions[0]?.handle, sessions[0]?.client],
    ['one', { token: 'alice', granted: ['echo'], session: 1 }],
    'the session knows who opened it and for what',
  );
  await initialize(origin, '2025-06-18', '/p/two/mcp', bearing(bob));
  const body = { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} };
  const ofBob = await send(origin, { path: '/p/two/mcp', headers: bearing(alice), body });
  const ofNobody = await send(origin, { path: '/p/three/mcp', headers: bearing(alice), body });
  assert.equal(ofBob.status, 404);
  assert.deepEqual([ofBob.status, ofBob.text], [ofNobody.status, ofNobody.text]);
  assert.equal(sessions.length, 2);
});

test('the own token of the gateway opens everything beside the others', async (t) => {
  const { origin, sessions } = await startFront(t, { tokens: tokensOfBoth() });
  await initialize(origin, '2025-06-18', '/p/two/mcp');
  assert.deepEqual(sessions[0]?.client, { token: 'main', granted: undefined, session: 1 });
});

test('where only tokens of the file are good, no other is', async (t) => {
  const { origin } = await startFront(t, { token: undefined, tokens: tokensOfBoth() });
  for (const secret of [token, 'main', '', 'undefined', alice.slice(1), `${alice}x`, `${alice} ${bob}`]) {
    assert.equal((await send(origin, { headers: bearing(secret), body: call(1, 'echo') })).status, 401, secret);
  }
  await initialize(origin, '2025-06-18', '/mcp', bearing(alice));
});

test('an expired token is answered as an unknown one', async (t) => {
  const { origin } = await startFront(t, { tokens: [knownToken('alice', alice, { expiresAt: Date.now() - 1 })] });
  const [expired, unknown] = [
    await send(origin, { headers: bearing(alice), body: call(1, 'echo') }),
    await send(origin, { headers: bearing('nobody-has-this-secret'), body: call(1, 'echo') }),
  ];
  assert.deepEqual([expired.status, expired.text], [401, unknown.text]);
});

test('a session belongs to the token that opened it, in both eras', async (t) => {
  const { origin, sessions } = await startFront(t, { tokens: tokensOfBoth() });
  const own = await initialize(origin, '2025-06-18', '/p/one/mcp', bearing(alice));
  for (const thief of [bearing(bob), bearing(token)]) {
    const headers = { ...own.headers, ...thief };
    const posted = await send(origin, { path: '/p/one/mcp', headers, body: call(1, 'echo') });
    const listened = await send(origin, { path: '/p/one/mcp', headers });
    const ended = await send(origin, { path: '/p/one/mcp', method: 'DELETE', headers });
    assert.deepEqual([posted.status, listened.status, ended.status], [404, 404, 404]);
    const unknown = await send(origin, { path: '/p/one/mcp', headers: { ...headers, 'mcp-session-id': 'x' }, body: call(1, 'echo') });
    assert.equal(posted.text, unknown.text);
  }
  assert.equal((await own.post(call(2, 'echo', { a: 1 }))).status, 200);
  // Two who call themselves the same, and name the same thread.
  for (const secret of [alice, bob]) {
    const { headers = {}, body } = modernCall(1, 'echo', { secret }, { threadId: 'the same' });
    const answer = await send(origin, { path: '/p/one/mcp', headers: { ...headers, ...bearing(secret) }, body });
    assert.match(textOf(json(answer)), new RegExp(secret));
  }
  assert.deepEqual(
    sessions.map(({ client }) => client?.token),
    ['alice', 'alice', 'bob'],
  );
});

test('a revoked token ends its sessions, streams and calls at once, and no others', async (t) => {
  const { origin, front, sessions } = await startFront(t, { tokens: tokensOfBoth() });
  const [ofAlice, ofBob] = [
    await initialize(origin, '2025-06-18', '/p/one/mcp', bearing(alice)),
    await initialize(origin, '2025-06-18', '/p/one/mcp', bearing(bob)),
  ];
  const streams = [await ofAlice.listen(t), await ofBob.listen(t)];
  const waiting = ofAlice.post(call(1, 'hold'));
  await until(() => sessions[0]?.callsOf('hold').length === 1);
  front.useTokens(tokensOfBoth().slice(1));
  assert.match((await waiting).text, /revoked or changed/);
  await until(() => streams[0]?.isEnded === true && sessions[0]?.isClosed === true);
  assert.equal((await ofAlice.post(call(2, 'echo'))).status, 401);
  assert.equal((await ofBob.post(call(2, 'echo'))).status, 200);
  assert.equal(streams[1]?.isEnded, false);
});

test('a token whose grants change has to come anew, one whose end is moved does not', async (t) => {
  const { origin, front, sessions } = await startFront(t, { tokens: tokensOfBoth() });
  const [ofAlice, ofBob] = [
    await initialize(origin, '2025-06-18', '/p/one/mcp', bearing(alice)),
    await initialize(origin, '2025-06-18', '/p/one/mcp', bearing(bob)),
  ];
  const later = { profiles: ['one', 'two'], expiresAt: Date.now() + 60_000 };
  front.useTokens([knownToken('alice', alice, { tools: [] }), knownToken('bob', bob, later)]);
  await until(() => sessions[0]?.isClosed === true);
  assert.equal((await ofAlice.post(call(1, 'echo'))).status, 404, 'its client begins a new session, with what is granted now');
  assert.equal((await ofBob.post(call(1, 'echo'))).status, 200);
  front.useTokens([knownToken('bob', bob, { ...later, expiresAt: Date.now() - 1 })]);
  await until(() => sessions[1]?.isClosed === true);
});

test('the session of a token ends when the token does', async (t) => {
  const { origin, sessions } = await startFront(t, { tokens: [knownToken('alice', alice, { expiresAt: Date.now() + 1_500 })] });
  const client = await initialize(origin, '2025-06-18', '/p/one/mcp', bearing(alice));
  const stream = await client.listen(t);
  await until(() => stream.isEnded && sessions[0]?.isClosed === true);
  assert.equal((await client.post(call(1, 'echo'))).status, 401);
});

test('a token that ends while a body comes opens nothing', async (t) => {
  const { origin, front, sessions } = await startFront(t, { tokens: tokensOfBoth() });
  const { connect } = await import('node:net');
  const socket = connect(front.port, '127.0.0.1');
  t.after(() => socket.destroy());
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} });
  socket.write(
    `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${alice}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  await until(() => answer.includes('100 Continue'));
  front.useTokens([]);
  socket.write(body);
  await until(() => / 401 /.test(answer));
  assert.equal(sessions.length, 0);
  assert.equal((await send(origin, { path: '/health' })).status, 200);
});

test('on this computer wrong tokens are slowed down, and the right one is let in all the same', async (t) => {
  const { origin } = await startFront(t);
  const wrong = async (): Promise<number> => (await send(origin, { headers: bearing('wrong'), body: call(1, 'echo') })).status;
  const answers: number[] = [];
  for (let count = 0; count < 12; count++) {
    answers.push(await wrong());
  }
  assert.deepEqual(
    answers.slice(0, 10),
    Array.from({ length: 10 }, () => 401),
  );
  assert.deepEqual(answers.slice(10), [429, 429]);
  const refused = await send(origin, { headers: bearing('wrong'), body: call(1, 'echo') });
  assert.ok(Number(refused.headers['retry-after']) > 0);
  assert.match(refused.text, /Too many wrong tokens/);
  assert.equal((await send(origin, { headers: { authorization: undefined }, body: call(1, 'echo') })).status, 401);
  await initialize(origin);
});

test('who guesses from elsewhere is not told of a right guess, and whoever is in stays in', async (t) => {
  const address = Object.values(networkInterfaces())
    .flatMap((facts) => facts ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (address === undefined) {
    t.skip('this machine has no address but loopback');
    return;
  }
  const { Agent } = await import('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const { front, sessions } = await startFront(t, { host: '0.0.0.0' });
  const origin = `http://${address}:${front.port}`;
  const ping = { body: { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} } };
  assert.equal((await send(origin, { ...ping, agent })).status, 200);
  for (let count = 0; count < 10; count++) {
    assert.equal((await send(origin, { headers: bearing('wrong'), ...ping })).status, 401);
  }
  assert.equal((await send(origin, { headers: bearing('wrong'), ...ping })).status, 429);
  assert.equal((await send(origin, ping)).status, 429, 'a right guess looks like a wrong one');
  assert.equal((await send(origin, { ...ping, agent })).status, 200, 'a connection that showed the token goes on');
  assert.equal((await send(origin, { ...ping, headers: bearing('wrong'), agent })).status, 429);
  assert.equal((await send(origin, { ...ping, agent })).status, 429, 'but not when it guesses as well');
  assert.equal((await send(`http://127.0.0.1:${front.port}`, ping)).status, 200, 'this computer is not locked out');
  assert.equal(sessions.length, 3);
});

test('failed tries are counted for a network, and memory for them is bounded', () => {
  assert.equal(callerNetwork('2001:db8:1:2:3:4:5:6'), callerNetwork('2001:db8:1:2::9'));
  assert.notEqual(callerNetwork('2001:db8:1:2::9'), callerNetwork('2001:db8:1:3::9'));
  assert.equal(callerNetwork('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.equal(callerNetwork('192.0.2.1'), '192.0.2.1');
  const tries = new FailedTries();
  for (let count = 0; count < 20; count++) {
    tries.add('192.0.2.1');
  }
  assert.ok(tries.wait('192.0.2.1') > 0);
  assert.equal(tries.wait('192.0.2.2'), 0);
  for (let count = 0; count < 5_000; count++) {
    tries.add(`198.51.${count >> 8}.${count & 255}`);
  }
  assert.equal(tries.wait('192.0.2.1'), 0, 'the oldest is forgotten');
});

test('only addresses of this computer count as private to it', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', 'LOCALHOST']) {
    assert.equal(isLoopbackHost(host), true, host);
  }
  for (const host of ['', '0.0.0.0', '::', '10.0.0.1', 'localhost.example', '127.0.0.1.example', '::ffff:10.0.0.1']) {
    assert.equal(isLoopbackHost(host), false, host);
  }
});
