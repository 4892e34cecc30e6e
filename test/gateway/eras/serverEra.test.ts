import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Channel } from '../../../src/gateway/channel.ts';
import { adaptServer } from '../../../src/gateway/eras/serverEra.ts';
import type { RequestId } from '../../../src/shared/mcp.ts';
import { ok } from '../../../src/shared/result.ts';
import { until } from '../../support/until.ts';
import { keys, legacyServer, modernServer, serverInfo, TestChannel, type Message, type Values } from './bridge.ts';

/** The core's side of an adapted server. */
class Core {
  readonly channel: Channel;
  readonly got: Message[] = [];
  readonly raw: Buffer[] = [];
  /** Answers what the server asks. */
  onQuestion: (question: Message) => void = () => undefined;

  constructor(server: TestChannel) {
    this.channel = adaptServer(server);
    this.channel.onMessage((message) => {
      this.raw.push(message);
      let parsed: Message;
      try {
        parsed = JSON.parse(message.toString()) as Message;
      } catch {
        // What is not JSON passes as it is: the core sorts it out.
        return;
      }
      this.got.push(parsed);
      if (parsed.method !== undefined && parsed.id !== undefined) {
        this.onQuestion(parsed);
      }
    });
  }

  say(message: Values): void {
    this.channel.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })));
  }

  ask(id: RequestId, method: string, params: Values = {}): Promise<Message> {
    this.say({ id, method, params });
    return until(() => this.got.find((message) => message.id === id && message.method === undefined), {
      everyMs: 2,
      what: `the answer to ${method}`,
    });
  }

  async shakeHands(): Promise<Message> {
    const capabilities = { elicitation: { form: {} } };
    const hello = await this.ask(1, 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities,
      clientInfo: { name: 'wharf', version: '3' },
    });
    if (hello.result !== undefined) {
      this.channel.negotiated(String(hello.result['protocolVersion']));
      this.say({ method: 'notifications/initialized' });
    }
    return hello;
  }
}

const envelope = {
  [keys.version]: '2026-07-28',
  [keys.info]: { name: 'wharf', version: '3' },
  [keys.capabilities]: { elicitation: { form: {} } },
};

test('A server with a handshake is left alone: every byte passes, in both directions', async () => {
  const server = legacyServer();
  const core = new Core(server);
  assert.equal((await core.shakeHands()).result?.['protocolVersion'], '2025-06-18');
  assert.deepEqual(server.versions, ['2025-06-18']);
  const down = ['{ "id":7, "jsonrpc":"2.0","result":{"resultType":"input_required"}}', '[{"a":1}]', 'no json'].map((text) =>
    Buffer.from(text),
  );
  for (const message of down.slice(0, 2)) {
    server.say(message);
    assert.equal(core.raw.at(-1), message);
  }
  const up = Buffer.from('{"jsonrpc":"2.0","id":2,"method":"ping"}');
  core.channel.send(up);
  assert.equal(server.raw.at(-1), up);
  assert.equal(
    server.heard.some(({ method }) => method === 'server/discover'),
    false,
  );
});

test('A server of 2026-07-28 looks like one with a handshake', async () => {
  const server = modernServer((message, channel) =>
    channel.say({ id: message.id, result: { resultType: 'complete', echoed: message.params } }),
  );
  const core = new Core(server);
  assert.deepEqual((await core.shakeHands()).result, {
    protocolVersion: '2025-11-25',
    capabilities: { tools: { listChanged: true }, prompts: {}, resources: { listChanged: true, subscribe: true }, logging: {} },
    serverInfo,
    instructions: 'Be kind.',
  });
  assert.deepEqual(server.versions, ['2026-07-28']);
  assert.deepEqual(server.of('server/discover')[0]?.params, { _meta: envelope });

  const params = { name: 't', arguments: { _meta: 1 } };
  assert.deepEqual((await core.ask(2, 'tools/call', { ...params, _meta: { progressToken: 2, threadId: 'x' } })).result, {
    echoed: { ...params, _meta: { ...envelope, progressToken: 2, threadId: 'x' } },
  });
  assert.deepEqual((await core.ask(3, 'tools/call', params)).result?.['echoed'], { ...params, _meta: envelope });
  assert.deepEqual((await core.ask(4, 'logging/setLevel', { level: 'warning' })).result, {});
  assert.equal((await core.ask(5, 'logging/setLevel', { level: 'loud' })).error?.code, -32602);
  assert.deepEqual((await core.ask(6, 'tools/list')).result?.['echoed'], { _meta: { ...envelope, [keys.level]: 'warning' } });
  assert.deepEqual(
    server.heard.map(({ method }) => method).filter((method) => method !== 'subscriptions/listen'),
    ['initialize', 'server/discover', 'tools/call', 'tools/call', 'tools/list'],
  );
});

test('A sign of life comes from the server itself', async () => {
  let isAlive = false;
  const server = modernServer();
  const core = new Core(server);
  await core.shakeHands();
  const send = server.send.bind(server);
  server.send = (message) => (isAlive ? send(message) : undefined);
  core.say({ id: 2, method: 'ping' });
  isAlive = true;
  assert.deepEqual((await core.ask(3, 'ping')).result, {});
  assert.equal(
    core.got.some(({ id }) => id === 2),
    false,
  );
});

test('Results lose what only the new revision has, and no other byte', async () => {
  const text = 'ä\\"\\u00e4 '.repeat(200_000);
  const results: Readonly<Record<string, readonly [sent: string, expected: string]>> = {
    'tools/call': [
      `{"content":[{"type":"text","text":"${text}","_meta":{"resultType":1}}],"ttlMs":1, "resultType" : "complete","structuredContent":{"n":1.50}}`,
      `{"content":[{"type":"text","text":"${text}","_meta":{"resultType":1}}],"ttlMs":1,"structuredContent":{"n":1.50}}`,
    ],
    'tools/list': [
      `{"resultType":"complete","ttlMs":5,"cacheScope":"public","tools":[],"_meta":{"${keys.server}":{"name":"s","version":"1"}}}`,
      '{"tools":[]}',
    ],
    'resources/read': [`{"_meta":{"a/b":1e2,"${keys.server}":{}},"contents":[ ]}`, '{"_meta":{"a/b":1e2},"contents":[ ]}'],
    'completion/complete': ['{"resultType":"complete"}', '{}'],
  };
  const server = modernServer((message, channel) => {
    const [sent] = results[message.method ?? ''] ?? [];
    if (sent !== undefined) {
      channel.say(Buffer.from(`{"result":${sent},"jsonrpc":"2.0","id":${message.id}}`));
    }
  });
  const core = new Core(server);
  await core.shakeHands();
  for (const [index, [method, [, expected]]] of Object.entries(results).entries()) {
    await core.ask(index + 2, method, { name: 't' });
    assert.ok(
      core.raw.some((message) => message.toString() === `{"jsonrpc":"2.0","id":${index + 2},"result":${expected}}`),
      method,
    );
  }
});

test('Progress and log messages pass, and errors come as the server wrote them', async () => {
  const notes = [
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":1}}',
    '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}',
  ].map((text) => Buffer.from(text));
  const server = modernServer((message, channel) => {
    notes.forEach((note) => channel.say(note));
    channel.say({ id: message.id, error: { code: -32021, message: 'needs sampling', data: { requiredCapabilities: { sampling: {} } } } });
  });
  const core = new Core(server);
  await core.shakeHands();
  assert.deepEqual((await core.ask(2, 'tools/call', { name: 't' })).error, {
    code: -32021,
    message: 'needs sampling',
    data: { requiredCapabilities: { sampling: {} } },
  });
  assert.ok(notes.every((note) => core.raw.includes(note)));
});

test('What a server wants to know is asked, and the request made again with the answers and its own state', async () => {
  const state = String.raw`\u00e4\/\" é`;
  const server = modernServer((message, channel) => {
    const { inputResponses, requestState } = message.params ?? {};
    if (message.method !== 'tools/call') {
      return;
    }
    const one = '{"method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object","properties":{}}}}';
    const two = '{"method":"elicitation/create","params":{"mode":"url","url":"https://example.com","message":"Open"}}';
    if (inputResponses === undefined) {
      channel.say(
        Buffer.from(
          `{"jsonrpc":"2.0","id":2,"result":{"resultType":"input_required","inputRequests":{"one":${one},"two":${two}},"requestState":"${state}"}}`,
        ),
      );
    } else if (requestState !== undefined) {
      channel.say({ id: message.id, result: { resultType: 'input_required', inputRequests: { again: JSON.parse(one) as Values } } });
    } else {
      channel.say({ id: message.id, result: { resultType: 'complete', content: [], answers: inputResponses } });
    }
  });
  const core = new Core(server);
  await core.shakeHands();
  core.onQuestion = ({ id, params }) => core.say({ id, result: { action: 'accept', content: { to: params?.['message'] } } });
  const params = { name: 't', arguments: { n: 1 }, _meta: { progressToken: 2 } };
  const { result } = await core.ask(2, 'tools/call', params);
  assert.deepEqual(result, { content: [], answers: { again: { action: 'accept', content: { to: 'Who?' } } } });
  const questions = core.got.filter(({ method }) => method === 'elicitation/create');
  assert.equal(new Set(questions.map(({ id }) => id)).size, 3);
  assert.equal(questions[1]?.params?.['elicitationId'], questions[1]?.id, 'in 2025-11-25 a question by URL has an id');
  const tries = server.of('tools/call');
  assert.equal(new Set(tries.map(({ id }) => id)).size, 3);
  assert.deepEqual(tries[1]?.params?.['inputResponses'], {
    one: { action: 'accept', content: { to: 'Who?' } },
    two: { action: 'accept', content: { to: 'Open' } },
  });
  assert.ok(
    server.raw.some((message) => message.includes(`"requestState":"${state}"`)),
    'the state comes back as it was written',
  );
  assert.deepEqual(tries[2]?.params?.['requestState'], undefined);
  assert.ok(
    tries.every(
      (one) =>
        JSON.stringify(one.params?.['arguments']) === '{"n":1}' && (one.params?.['_meta'] as Values | undefined)?.['progressToken'] === 2,
    ),
  );
});

test('A server that asks for ever, or for what nobody can answer, costs one error', async () => {
  const inputs: Readonly<Record<string, Values>> = {
    ever: { method: 'elicitation/create', params: {} },
    refused: { method: 'roots/list' },
    odd: { method: 'tools/call', params: {} },
  };
  const server = modernServer((message, channel) => {
    if (message.method === 'tools/call') {
      channel.say({
        id: message.id,
        result: { resultType: 'input_required', inputRequests: { q: inputs[String(message.params?.['name'])] } },
      });
    } else if (message.method !== 'subscriptions/listen') {
      channel.say({
        id: message.id,
        result: { resultType: message.method === 'prompts/list' ? 'task' : 'input_required', requestState: 's' },
      });
    }
  });
  const core = new Core(server);
  await core.shakeHands();
  core.onQuestion = ({ id, method }) =>
    core.say(method === 'roots/list' ? { id, error: { code: -32601, message: 'no roots here' } } : { id, result: {} });
  assert.match((await core.ask(2, 'tools/call', { name: 'ever' })).error?.message ?? '', /after 10 rounds/);
  assert.equal(server.of('tools/call').length, 11);
  assert.match((await core.ask(3, 'tools/call', { name: 'refused' })).error?.message ?? '', /no roots here/);
  assert.match((await core.ask(4, 'tools/call', { name: 'odd' })).error?.message ?? '', /"tools\/call"/);
  assert.equal((await core.ask(5, 'prompts/list')).error?.code, -32603);
  assert.equal((await core.ask(6, 'tools/list')).error?.code, -32603);
});

test('A server that wants nothing but time gets it', async () => {
  const server = modernServer((message, channel) => {
    if (message.method === 'tools/call') {
      const state = message.params?.['requestState'];
      channel.say({
        id: message.id,
        result: state === 'later' ? { resultType: 'complete', done: true } : { resultType: 'input_required', requestState: 'later' },
      });
    }
  });
  const core = new Core(server);
  await core.shakeHands();
  assert.deepEqual((await core.ask(2, 'tools/call', { name: 't' })).result, { done: true });
  assert.equal('inputResponses' in (server.of('tools/call')[1]?.params ?? {}), false);
});

test('A cancellation reaches the try that runs, or takes the questions back', async () => {
  const server = modernServer((message, channel) => {
    if (message.params?.['inputResponses'] === undefined && message.method === 'tools/call') {
      channel.say({
        id: message.id,
        result: { resultType: 'input_required', inputRequests: { q: { method: 'elicitation/create', params: {} } } },
      });
    }
  });
  const core = new Core(server);
  await core.shakeHands();
  core.say({ id: 2, method: 'tools/call', params: { name: 't' } });
  const question = await until(() => core.got.find(({ method }) => method === 'elicitation/create'));
  core.say({ id: question.id, result: {} });
  const retry = await until(() => server.of('tools/call')[1]);
  core.say({ method: 'notifications/cancelled', params: { requestId: 2, reason: 'enough' } });
  const toServer = (): unknown[] => server.of('notifications/cancelled').map(({ params }) => params);
  assert.deepEqual(toServer(), [{ requestId: retry.id, reason: 'enough' }]);
  server.say({ id: retry.id, result: { resultType: 'complete' } });

  core.say({ id: 3, method: 'tools/call', params: { name: 't' } });
  const second = await until(() => core.got.filter(({ method }) => method === 'elicitation/create')[1]);
  core.say({ method: 'notifications/cancelled', params: { requestId: 3 } });
  assert.deepEqual(core.got.at(-1)?.params?.['requestId'], second.id);
  core.say({ id: second.id, result: {} });
  assert.equal(toServer().length, 1);
  assert.equal(
    core.got.some(({ id }) => id === 2 || id === 3),
    false,
  );
});

test('A server that speaks neither era is refused in its own words', async () => {
  for (const reply of [
    { error: { code: -32601, message: 'what?' } },
    { result: { supportedVersions: ['2030-01-01'], capabilities: {} } },
  ]) {
    const server = new TestChannel(({ id, method }, channel) =>
      channel.say(method === 'initialize' ? { id, error: { code: -1, message: 'No key is set.' } } : { id, ...reply }),
    );
    const core = new Core(server);
    assert.deepEqual((await core.shakeHands()).error, { code: -1, message: 'No key is set.' });
    assert.deepEqual(server.versions, []);
  }
  const dying = new TestChannel(({ id, method }, channel) =>
    method === 'initialize' ? channel.say({ id, error: { code: -1, message: 'No key.' } }) : channel.end(),
  );
  assert.equal((await new Core(dying).shakeHands()).error?.message, 'No key.');
});

test('Everything that is no message belongs to the channel itself', async () => {
  const server = modernServer();
  server.queuedBytes = 12;
  const frozen = Object.assign(server, { freeze: () => Promise.resolve(ok(null)), thaw: () => Promise.resolve(ok(null)) });
  const core = new Core(frozen);
  const junk: string[] = [];
  core.channel.onJunk((text) => junk.push(text));
  server.mutter('noise');
  core.channel.pause();
  core.channel.resume();
  assert.deepEqual([core.channel.id, core.channel.queuedBytes, junk, server.calls], ['test', 12, ['noise'], ['pause', 'resume']]);
  assert.ok((await core.channel.freeze?.())?.ok === true && (await core.channel.thaw?.())?.ok === true);
  assert.equal(adaptServer(modernServer()).freeze, undefined);
  await core.shakeHands();
  core.say({ id: 9, method: 'logging/setLevel', params: { level: 'info' } });
  await core.channel.stop();
  assert.deepEqual(await core.channel.ended, { code: 0, lastOutput: '' });
  await new Promise(setImmediate);
  assert.equal(
    core.got.some(({ id }) => id === 9),
    false,
    'nothing comes after the end',
  );
});

test('Broken parameters of a server of 2026-07-28 harm nobody', async () => {
  const server = modernServer((message, channel) => {
    if (message.method !== 'tools/call') {
      return;
    }
    for (const text of [
      '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"notifications":7}}',
      '{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":7}}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":[1]}',
      '{"jsonrpc":"2.0","id":99,"result":{"resultType":7}}',
      `{"jsonrpc":"2.0","id":${message.id},"result":{"resultType":"complete","content":[]}}`,
    ]) {
      channel.say(Buffer.from(text));
    }
  });
  const core = new Core(server);
  await core.shakeHands();
  assert.equal((await core.ask(2, 'tools/call', { name: 't' })).error, undefined);
});
