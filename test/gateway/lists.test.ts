import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as problems from '../../src/core/problems.ts';
import { closedContainer, profileDefaults, serverDefaults, strictIsolation, type ImageServer } from '../../src/core/profile/profile.ts';
import { codexTraits, listKey, placeOf } from '../../src/gateway/instances/identity.ts';
import { fail } from '../../src/shared/result.ts';
import { ScriptedServer, soundServer, type Heard } from '../support/scriptedServer.ts';
import { TestGateway, TestSession } from '../support/testSession.ts';
import { until } from '../support/until.ts';

const shared = { share: 'user' } as const;

function answering({ id, method }: Heard, server: ScriptedServer): void {
  if (method === 'tools/call') {
    server.send({ id, result: { content: [{ type: 'text', text: 'done' }] } });
  }
}

test('what is known is listed without a start, and the first call starts the server', async () => {
  let launches = 0;
  const gateway = new TestGateway({
    one: () => {
      launches += 1;
      return soundServer(['a'], answering);
    },
  });
  const first = new TestSession(gateway);
  await first.initialize();
  assert.deepEqual(await first.toolNames(), ['a']);
  await first.session.close();
  const second = new TestSession(gateway);
  await second.initialize();
  assert.deepEqual(await second.toolNames(), ['a']);
  assert.equal(launches, 1);
  await second.request('tools/call', { name: 'a' });
  assert.equal(launches, 2);
});

test('a server that hangs costs the others only the patience of the client, and joins them later', async () => {
  let answer: (() => void) | undefined;
  const slow = new ScriptedServer((message, server) => {
    const sound = soundServer(['late'], answering);
    sound.onStdout((bytes) => server.say(bytes));
    if (message.method === 'initialize') {
      answer = () => void sound.write(Buffer.from(JSON.stringify(message)));
    } else {
      void sound.write(Buffer.from(JSON.stringify(message)));
    }
  });
  const gateway = new TestGateway({ good: () => soundServer(['a']), slow: () => slow });
  const client = new TestSession(gateway, {}, { patienceMs: 400 });
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['a']);
  (await until(() => answer))();
  await until(() => client.messages.some(({ method }) => method === 'notifications/tools/list_changed'));
  assert.deepEqual(await client.toolNames(), ['a', 'late']);
  assert.equal((await client.request('tools/call', { name: 'late' })).error, undefined);
});

test('a call of a tool that its server has not told of yet waits for the server', async () => {
  let answer: (() => void) | undefined;
  const slow = new ScriptedServer((message, server) => {
    const sound = soundServer(['late'], answering);
    sound.onStdout((bytes) => server.say(bytes));
    const pass = (): void => void sound.write(Buffer.from(JSON.stringify(message)));
    if (message.method === 'initialize') {
      answer = pass;
    } else {
      pass();
    }
  });
  const client = new TestSession({ slow: () => slow });
  await client.initialize();
  const id = client.begin('tools/call', { name: 'late' });
  (await until(() => answer))();
  assert.deepEqual((await client.answerTo(id)).result, { content: [{ type: 'text', text: 'done' }] });
  const [call] = client.calls.list(1);
  assert.deepEqual([call?.server, call?.tool, call?.status], ['slow', 'late', 'ok']);
});

test('tools that the catalogue promises stand in for a server that failed, and calling one starts it', async () => {
  let launches = 0;
  const promisedTools = [{ name: 'promised', description: 'From the catalogue', inputSchema: { type: 'object' } }];
  const gateway = new TestGateway({
    one: () => {
      launches += 1;
      return launches === 1
        ? Promise.resolve(fail(problems.serverRefused('it', 'initialize', 'no')))
        : soundServer(['promised'], answering);
    },
  });
  const client = new TestSession(gateway, { promisedTools });
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['promised']);
  assert.deepEqual((await client.request('tools/call', { name: 'promised' })).result, { content: [{ type: 'text', text: 'done' }] });
});

/** What its user mends outside of the server. */
const mended = [
  problems.workspaceNotTrusted('it', '/project'),
  problems.mountElsewhere('it'),
  problems.egressFailed('it', 'its proxy ended'),
  problems.imageUnsigned('it', [], 'policy.yaml'),
  problems.imageLocalOnly('it', 'policy.yaml'),
];

for (const problem of mended) {
  test(`after ${problem.code} was mended the next client has the tools at once, and hears nothing of the old failure`, async () => {
    let launches = 0;
    const gateway = new TestGateway({
      it: () => {
        launches += 1;
        return launches === 1 ? Promise.resolve(fail(problem)) : soundServer(['a'], answering);
      },
    });
    const first = new TestSession(gateway);
    await first.initialize();
    assert.equal((await first.request('tools/list')).error?.data?.code, problem.code);
    await first.session.close();
    const next = new TestSession(gateway);
    await next.initialize();
    assert.deepEqual(await next.toolNames(), ['a']);
    assert.ok(next.messages.every(({ method }) => method !== 'notifications/message'));
  });
}

test('a server that failed the last time is tried again, and nobody waits for it', async () => {
  let launches = 0;
  const hung = new ScriptedServer(() => undefined);
  const gateway = new TestGateway({
    good: () => soundServer(['a']),
    bad: () => {
      launches += 1;
      return launches === 1 ? Promise.resolve(fail(problems.serverRefused('it', 'initialize', 'no'))) : hung;
    },
  });
  const first = new TestSession(gateway);
  await first.initialize();
  assert.deepEqual(await first.toolNames(), ['a']);
  const second = new TestSession(gateway);
  await second.initialize();
  const from = performance.now();
  assert.deepEqual(await second.toolNames(), ['a']);
  assert.ok(performance.now() - from < 2_000);
  await until(() => launches === 2);
});

test('another image behind the same reference is asked anew before anything is listed', async () => {
  const names = ['old', 'new'];
  const gateway = new TestGateway({ one: () => soundServer([names.shift() ?? '']) });
  gateway.imageIds.set('one:1', 'sha256:1');
  const first = new TestSession(gateway, shared);
  await first.initialize();
  assert.deepEqual(await first.toolNames(), ['old']);
  gateway.imageIds.set('one:1', 'sha256:2');
  const second = new TestSession(gateway, shared);
  await second.initialize();
  assert.deepEqual(await second.toolNames(), ['new']);
});

test("what a project's server says of its tools is told to no client of another project, be their entries alike", async () => {
  const names = ['of-a', 'of-b', 'of-user'];
  const gateway = new TestGateway({ one: () => soundServer([names.shift() ?? '']) });
  const listed = async (options: { readonly projectFile?: string; readonly workspace?: string }): Promise<readonly string[]> => {
    const client = new TestSession(gateway, {}, options);
    await client.initialize();
    const tools = await client.toolNames();
    await client.session.close();
    return tools;
  };
  const [a, b] = ['/a', '/b'].map((folder) => ({ projectFile: `${folder}/.codex/profiles/dev.yaml`, workspace: folder }));
  assert.deepEqual(await listed(a ?? {}), ['of-a']);
  assert.deepEqual(await listed(b ?? {}), ['of-b']);
  assert.deepEqual(await listed(a ?? {}), ['of-a']);
  assert.deepEqual(await listed({ workspace: '/a' }), ['of-user']);
  assert.deepEqual(await listed({ workspace: '/b' }), ['of-user'], "the user's own profile is one in every project");
});

test("lists of a user's server that sees the project are the project's", () => {
  const [a, b] = ['/a', '/b'].map((workspace) => {
    const mounts = [{ source: '${workspace}', target: '/w', readOnly: true }];
    const server: ImageServer = {
      ...serverDefaults,
      ...closedContainer,
      kind: 'image',
      name: 'one',
      image: 'one:1',
      tools: null,
      line: 1,
      isolation: { ...strictIsolation, mounts },
    };
    const profile = { ...profileDefaults, id: 'dev', name: 'dev', servers: [server], origin: { path: 'dev.yaml', scope: 'user' as const } };
    return listKey(server, {}, codexTraits, placeOf(profile, server, workspace));
  });
  assert.notEqual(a, b);
});

test('a server whose tools change says so, and its clients hear of it and list the new ones', async () => {
  const tools = ['a'];
  const server = new ScriptedServer((message, self) => {
    if (message.method === 'tools/list') {
      self.send({ id: message.id, result: { tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })) } });
    } else {
      const sound = soundServer([]);
      sound.onStdout((bytes) => self.say(bytes));
      void sound.write(Buffer.from(JSON.stringify(message)));
    }
  });
  const gateway = new TestGateway({ one: () => server });
  const clients = [new TestSession(gateway, shared), new TestSession(gateway, shared)];
  for (const client of clients) {
    await client.initialize();
    assert.deepEqual(await client.toolNames(), ['a']);
  }
  tools.push('b');
  server.send({ method: 'notifications/tools/list_changed' });
  for (const client of clients) {
    await until(() => client.messages.some(({ method }) => method === 'notifications/tools/list_changed'));
    assert.deepEqual(await client.toolNames(), ['a', 'b']);
  }
});

/** A server with a prompt and two resources, one of them under an address that others use too. */
function library(name: string): ScriptedServer {
  return new ScriptedServer(({ id, method, params }, server) => {
    const lists: Readonly<Record<string, unknown>> = {
      initialize: {
        protocolVersion: '2025-06-18',
        capabilities: { prompts: {}, resources: { subscribe: true }, completions: {} },
        serverInfo: { name, version: '1' },
        instructions: `Use ${name} well.`,
      },
      'prompts/list': { prompts: [{ name: 'greet' }] },
      'resources/list': { resources: [{ uri: 'memo://common', name: 'common' }] },
      'resources/templates/list': { resourceTemplates: [{ uriTemplate: `${name}://page/{n}`, name: 'page' }] },
      'prompts/get': { messages: [], description: `${name}: ${String(params?.['name'])}` },
      'resources/read': { contents: [{ uri: params?.['uri'], text: name }] },
      'completion/complete': { completion: { values: [name, JSON.stringify(params?.['ref'])] } },
    };
    if (id !== undefined) {
      server.send({ id, result: lists[method] ?? {} });
    }
  });
}

test('prompts and resources of several servers are told apart, also where they have the same names', async () => {
  const gateway = new TestGateway({ first: () => library('first'), second: () => library('second') });
  const client = new TestSession(gateway, shared);
  await client.initialize();
  const { result: prompts } = await client.request('prompts/list', {});
  assert.deepEqual(prompts, { prompts: [{ name: 'greet' }, { name: 'second__greet' }] });
  const { result: resources } = await client.request('resources/list', {});
  assert.deepEqual(resources, {
    resources: [
      { uri: 'memo://common', name: 'common' },
      { uri: 'second+memo://common', name: 'common' },
    ],
  });
  assert.deepEqual((await client.request('prompts/get', { name: 'second__greet' })).result, { messages: [], description: 'second: greet' });
  assert.deepEqual((await client.request('resources/read', { uri: 'second+memo://common' })).result, {
    contents: [{ uri: 'memo://common', text: 'second' }],
  });
  assert.deepEqual((await client.request('resources/read', { uri: 'second://page/7' })).result, {
    contents: [{ uri: 'second://page/7', text: 'second' }],
  });
  const completed = await client.request('completion/complete', {
    ref: { type: 'ref/prompt', name: 'second__greet' },
    argument: { name: 'who', value: '' },
  });
  assert.deepEqual(completed.result, { completion: { values: ['second', '{"type":"ref/prompt","name":"greet"}'] } });
  assert.equal((await client.request('resources/read', { uri: 'nobody://x' })).error?.data?.code, 'WHARF_RESOURCE_UNKNOWN');
  assert.equal((await client.request('prompts/get', { name: 'none' })).error?.data?.code, 'WHARF_PROMPT_UNKNOWN');
});

test('a client hears of changes of the resources that it follows, and of no others', async () => {
  const server = library('one');
  const gateway = new TestGateway({ one: () => server });
  const [following, other] = [new TestSession(gateway, shared), new TestSession(gateway, shared)];
  await following.initialize();
  await other.initialize();
  await following.request('resources/list', {});
  assert.deepEqual((await following.request('resources/subscribe', { uri: 'memo://common' })).result, {});
  server.send({ method: 'notifications/resources/updated', params: { uri: 'memo://common' } });
  server.send({ method: 'notifications/resources/updated', params: { uri: 'memo://else' } });
  await until(() => following.messages.some(({ method }) => method === 'notifications/resources/updated'));
  await following.request('resources/unsubscribe', { uri: 'memo://common' });
  server.send({ method: 'notifications/resources/updated', params: { uri: 'memo://common' } });
  await following.request('ping');
  await new Promise((resolve) => setImmediate(resolve));
  const heard = following.messages.filter(({ method }) => method === 'notifications/resources/updated');
  assert.deepEqual(
    heard.map(({ params }) => params),
    [{ uri: 'memo://common' }],
  );
  assert.equal(
    other.messages.some(({ method }) => method === 'notifications/resources/updated'),
    false,
  );
});

test('the answer to "initialize" carries what known servers say of themselves', async () => {
  const gateway = new TestGateway({ one: () => library('one') });
  const first = new TestSession(gateway, shared);
  await first.initialize();
  await first.request('prompts/list', {});
  const second = new TestSession(gateway, shared);
  const { result } = (await second.initialize()) as { result?: { capabilities?: object; instructions?: string } };
  assert.equal(result?.instructions, 'one: Use one well.');
  assert.deepEqual(Object.keys(result.capabilities ?? {}).sort(), ['completions', 'logging', 'prompts', 'resources', 'tools']);
});

test('the roots of a client are asked once and given to the servers that ask for them', async () => {
  const server = soundServer(['a'], answering);
  const client = new TestSession({ one: () => server }, shared);
  await client.initialize({ roots: { listChanged: true } });
  const question = await until(() => client.messages.find(({ method }) => method === 'roots/list'));
  client.send({ id: question.id, result: { roots: [{ uri: 'file:///work' }] } });
  await client.toolNames();
  server.send({ id: 'r1', method: 'roots/list' });
  const passed = await until(() => client.messages.filter(({ method }) => method === 'roots/list')[1]);
  client.send({ id: passed.id, result: { roots: [{ uri: 'file:///work' }] } });
  const answer = await until(() => server.heard.find(({ id }) => String(id) === 'r1') as { result?: unknown } | undefined);
  assert.deepEqual(answer.result, { roots: [{ uri: 'file:///work' }] });
});
