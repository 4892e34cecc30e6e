import assert from 'node:assert/strict';
import { test } from 'node:test';

import { adaptClient } from '../../../src/gateway/eras/clientEra.ts';
import type { WaitingLimits } from '../../../src/gateway/eras/rounds.ts';
import type { RequestId } from '../../../src/shared/mcp.ts';
import { until } from '../../support/until.ts';
import { BridgeSession, keys, legacyServer, meta, serverInfo, TestClient, type Message, type TestChannel, type Values } from './bridge.ts';

const form = { message: 'Who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } };
const all = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

/** A server with a handshake that runs this for each request, with a way to ask the client. */
function askingServer(
  work: (message: Message, ask: (method: string, params?: Values) => Promise<Message>, server: TestChannel) => Promise<Values>,
): TestChannel {
  const open = new Map<RequestId, (answer: Message) => void>();
  let next = 1;
  return legacyServer((message, server) => {
    if (message.method === undefined) {
      open.get(message.id as RequestId)?.(message);
      return;
    }
    if (message.id === undefined) {
      return;
    }
    const ask = (method: string, params?: Values): Promise<Message> => {
      const id = `q${next++}`;
      server.say({ id, method, ...(params === undefined ? {} : { params }) });
      return new Promise((resolve) => open.set(id, resolve));
    };
    void work(message, ask, server).then((result) => server.say({ id: message.id, result }));
  });
}

function clientOf(server: TestChannel, limits: Partial<WaitingLimits> = {}): TestClient {
  return new TestClient(
    (link) => new BridgeSession(server, link),
    (link, open) => adaptClient(link, open, limits),
  );
}

const call = { name: 't', arguments: { a: 1 } };
const said = meta({}, all);

function inputOf({ result }: Message): { requests: Readonly<Record<string, { method: string; params?: Values }>>; state: string } {
  assert.equal(result?.['resultType'], 'input_required');
  return {
    requests: result['inputRequests'] as Readonly<Record<string, { method: string; params?: Values }>>,
    state: String(result['requestState']),
  };
}

test('A question of the server becomes a result, and the next try with the answer gets what the first was for', async () => {
  const server = askingServer(async (_message, ask) => {
    const { result } = await ask('elicitation/create', { mode: 'form', ...form, _meta: { progressToken: 3 } });
    return { content: [], structuredContent: result };
  });
  const client = clientOf(server);
  const first = await client.ask(1, 'tools/call', call, said);
  const { requests, state } = inputOf(first);
  assert.deepEqual(requests, { 'input-1': { method: 'elicitation/create', params: { mode: 'form', ...form } } });
  assert.deepEqual(first.result?.['_meta'], { [keys.server]: serverInfo });
  assert.ok(state.length >= 32);
  const answer = { action: 'accept', content: { name: 'Ann' } };
  const second = await client.ask(
    2,
    'tools/call',
    { ...call, requestState: state, inputResponses: { 'input-1': answer, other: {} } },
    said,
  );
  assert.deepEqual(second.result, { resultType: 'complete', _meta: { [keys.server]: serverInfo }, content: [], structuredContent: answer });
  assert.equal(server.of('tools/call').length, 1, 'the server was called once');
  assert.deepEqual(server.of('tools/call')[0]?.params, call);
  assert.equal(client.link.got.at(-1)?.about, 2);
});

test('The answer that the user declines or dismisses reaches the server as it is', async () => {
  for (const action of ['decline', 'cancel']) {
    const client = clientOf(askingServer(async (_message, ask) => ({ said: (await ask('elicitation/create', form)).result })));
    const { state } = inputOf(await client.ask(1, 'prompts/get', { name: 'p' }, said));
    const last = await client.ask(2, 'prompts/get', { name: 'p', requestState: state, inputResponses: { 'input-1': { action } } }, said);
    assert.deepEqual(last.result?.['said'], { action });
  }
});

test('Several questions come together, what stays unanswered is asked again, and later questions make another round', async () => {
  const server = askingServer(async (_message, ask) => {
    const [elicited, sampled, roots] = await Promise.all([
      ask('elicitation/create', form),
      ask('sampling/createMessage', { messages: [], maxTokens: 1 }),
      ask('roots/list'),
    ]);
    const again = await ask('elicitation/create', { ...form, message: 'Sure?' });
    return { all: [elicited.result, sampled.result, roots.result, again.result] };
  });
  const client = clientOf(server);
  const one = inputOf(await client.ask(1, 'resources/read', { uri: 'a:b' }, said));
  assert.deepEqual(
    Object.entries(one.requests).map(([key, { method }]) => [key, method]),
    [
      ['input-1', 'elicitation/create'],
      ['input-2', 'sampling/createMessage'],
      ['input-3', 'roots/list'],
    ],
  );
  assert.deepEqual(one.requests['input-3'], { method: 'roots/list' });
  const half = { 'input-1': { n: 1 }, 'input-2': 'no object', 'input-3': { n: 3 } };
  const two = inputOf(await client.ask(2, 'resources/read', { uri: 'a:b', requestState: one.state, inputResponses: half }, said));
  assert.deepEqual(Object.keys(two.requests), ['input-2']);
  assert.notEqual(two.state, one.state);
  const three = inputOf(
    await client.ask(3, 'resources/read', { uri: 'a:b', requestState: two.state, inputResponses: { 'input-2': { n: 2 } } }, said),
  );
  assert.equal(three.requests['input-4']?.params?.['message'], 'Sure?');
  const last = await client.ask(
    4,
    'resources/read',
    { uri: 'a:b', requestState: three.state, inputResponses: { 'input-4': { n: 4 } } },
    said,
  );
  assert.deepEqual(last.result?.['all'], [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
  assert.equal(last.result?.['cacheScope'], 'private');
});

test("Progress follows the call to the client's next try, under its new token, and stays away in between", async () => {
  const server = askingServer(async (message, ask, channel) => {
    const progressToken = (message.params?.['_meta'] as Values | undefined)?.['progressToken'];
    const tell = (progress: number): void => channel.say({ method: 'notifications/progress', params: { progressToken, progress } });
    tell(1);
    client.link.onMessage = ({ result }) => void (result?.['resultType'] === 'input_required' && tell(2));
    await ask('elicitation/create', form);
    tell(3);
    return {};
  });
  const client = clientOf(server);
  const { state } = inputOf(await client.ask(1, 'tools/call', call, meta({ progressToken: 1 }, all)));
  await client.ask(2, 'tools/call', { ...call, requestState: state, inputResponses: { 'input-1': {} } }, meta({ progressToken: 'b' }, all));
  const notes = client.link.got
    .filter(({ message }) => message.method === 'notifications/progress')
    .map(({ message, about }) => [message.params?.['progressToken'], message.params?.['progress'], about]);
  assert.deepEqual(notes, [
    [1, 1, 1],
    ['b', 3, 2],
  ]);
});

test('A state is good once, for the same request, until its time is over', async () => {
  const server = askingServer(async (_message, ask) => ({ said: (await ask('elicitation/create', form)).result ?? 'nothing' }));
  const client = clientOf(server, { waitMs: 400 });
  const { state } = inputOf(await client.ask(1, 'tools/call', call, said));
  for (const [id, method, params] of [
    ['a', 'tools/call', { name: 'other', requestState: state }],
    ['b', 'prompts/get', { name: 't', requestState: state }],
    ['c', 'tools/call', { name: 't', requestState: `${state}x` }],
    ['d', 'tools/call', { name: 't', requestState: 5 }],
  ] as const) {
    const refused = await client.ask(id, method, params, said);
    assert.equal(refused.error?.code, -32602, id);
    assert.match(refused.error.message, /requestState/);
  }
  const answers = { requestState: state, inputResponses: { 'input-1': { action: 'accept' } } };
  assert.deepEqual((await client.ask(2, 'tools/call', { ...call, ...answers }, said)).result?.['said'], { action: 'accept' });
  assert.equal((await client.ask(3, 'tools/call', { ...call, ...answers }, said)).error?.code, -32602);

  const late = inputOf(await client.ask(4, 'tools/call', call, said));
  const [cancelled] = await until(() =>
    server.of('notifications/cancelled').length > 0 ? server.of('notifications/cancelled') : undefined,
  );
  assert.equal(cancelled?.params?.['requestId'], server.of('tools/call')[1]?.id);
  assert.equal((await client.ask(5, 'tools/call', { ...call, requestState: late.state }, said)).error?.code, -32602);
  const unanswered = server.heard.filter(({ id, error }) => id === 'q2' && error !== undefined);
  assert.equal(unanswered.length, 1, 'the server hears that nobody answers');
});

test('A call that is cancelled while its client is asked ends at the server', async () => {
  const server = askingServer(async (message, ask) => {
    await ask('elicitation/create', form);
    if (message.params?.['name'] === 'twice') {
      await ask('elicitation/create', form);
    }
    return new Promise(() => undefined);
  });
  const client = clientOf(server);
  const { state } = inputOf(await client.ask(1, 'tools/call', call, said));
  client.say({ id: 2, method: 'tools/call', params: { ...call, requestState: state, inputResponses: { 'input-1': {} }, _meta: said } });
  client.say({ method: 'notifications/cancelled', params: { requestId: 2 } });
  assert.equal(server.of('notifications/cancelled')[0]?.params?.['requestId'], server.of('tools/call')[0]?.id);
});

test('A server that answers without the client, or takes its question back, is not waited for', async () => {
  const server = askingServer(async (_message, ask, channel) => {
    void ask('elicitation/create', form);
    await new Promise<void>((resolve) => {
      client.link.onMessage = () => {
        channel.say({ method: 'notifications/cancelled', params: { requestId: 'q1' } });
        resolve();
      };
    });
    return { done: true };
  });
  const client = clientOf(server);
  const { state } = inputOf(await client.ask(1, 'tools/call', call, said));
  const last = await client.ask(2, 'tools/call', { ...call, requestState: state, inputResponses: { 'input-1': {} } }, said);
  assert.equal(last.result?.['done'], true);
  assert.equal(
    server.heard.some(({ id }) => id === 'q1'),
    false,
    'nobody answers what was taken back',
  );
});

test('A server is refused what the client did not offer, and what belongs to no request that can ask', async () => {
  const answers: unknown[] = [];
  const server = askingServer(async (_message, ask) => {
    for (const [method, params] of [
      ['sampling/createMessage', { messages: [], maxTokens: 1 }],
      ['roots/list', undefined],
      ['elicitation/create', { mode: 'url', url: 'https://example.com', message: 'm', elicitationId: 'e' }],
      ['odd/question', {}],
      ['ping', undefined],
    ] as const) {
      const { error, result } = await ask(method, params);
      answers.push(error?.code ?? result);
    }
    return {};
  });
  const client = clientOf(server);
  await client.ask(1, 'tools/call', call, meta({}, { elicitation: {} }));
  assert.deepEqual(answers, [-32601, -32601, -32602, -32601, {}]);

  const lone = askingServer(async (_message, ask) => ({ code: (await ask('elicitation/create', form)).error?.code }));
  assert.equal((await clientOf(lone).ask(1, 'completion/complete', {}, said)).result?.['code'], -32600);
});

test('No more calls wait for a client than are allowed', async () => {
  const server = askingServer(async (_message, ask) => ({ code: (await ask('elicitation/create', form)).error?.code }));
  const client = clientOf(server, { calls: 1 });
  inputOf(await client.ask(1, 'tools/call', call, said));
  assert.equal((await client.ask(2, 'tools/call', call, said)).result?.['code'], -32603);
  await client.session.close();
});

test('The addresses that a server of 2025-11-25 wants opened first become questions, and the call is made again', async () => {
  const elicitations = [{ mode: 'url', elicitationId: 'e', url: 'https://example.com/login', message: 'Log in' }];
  let isLoggedIn = false;
  const server = legacyServer((message, channel) => {
    channel.say(
      isLoggedIn
        ? { id: message.id, result: { ok: true } }
        : { id: message.id, error: { code: -32042, message: 'Log in first.', data: { elicitations } } },
    );
  });
  const client = clientOf(server);
  const { requests, state } = inputOf(await client.ask(1, 'tools/call', call, said));
  assert.deepEqual(requests, {
    'input-1': { method: 'elicitation/create', params: { mode: 'url', url: 'https://example.com/login', message: 'Log in' } },
  });
  isLoggedIn = true;
  const last = await client.ask(
    2,
    'tools/call',
    { ...call, requestState: state, inputResponses: { 'input-1': { action: 'accept' } } },
    said,
  );
  assert.equal(last.result?.['ok'], true);
  assert.deepEqual(
    server.of('tools/call').map(({ params }) => params),
    [call, call],
  );
  isLoggedIn = false;
  const forms = await client.ask(3, 'tools/call', call, meta({}, { elicitation: { form: {} } }));
  assert.deepEqual(forms.error, { code: -32021, message: 'Log in first.', data: { requiredCapabilities: { elicitation: { url: {} } } } });
});

test('A question or a notification with broken parameters harms nobody', async () => {
  const server = legacyServer((message, channel) => {
    if (message.method !== 'tools/call') {
      return;
    }
    for (const text of [
      '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"mode":tru}}',
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":nope}}',
      '{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":nope}}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}',
      '{"jsonrpc":"2.0","method":"notifications/progress","params":5}',
    ]) {
      channel.say(Buffer.from(text));
    }
    channel.say({ id: message.id, result: { fine: true } });
  });
  const answer = await clientOf(server).ask(1, 'tools/call', call, meta({ [keys.level]: 'info', progressToken: 1 }, all));
  assert.equal(answer.result?.['fine'], true);
});
