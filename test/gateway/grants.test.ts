import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { CallSummary } from '../../src/shared/calls.ts';
import { ScriptedServer } from '../support/scriptedServer.ts';
import { TestSession } from '../support/testSession.ts';

/** A server that has one of everything, whose names begin with its own; it answers with the method that it heard. */
function fullServer(name: string): ScriptedServer {
  const results: Readonly<Record<string, unknown>> = {
    initialize: {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {}, prompts: {}, resources: {}, completions: {} },
      serverInfo: { name, version: '1' },
      instructions: `what ${name} is for`,
    },
    'tools/list': { tools: ['same', `${name}-read`, `${name}-drop`].map((tool) => ({ name: tool, inputSchema: { type: 'object' } })) },
    'prompts/list': { prompts: [{ name: `${name}-prompt` }] },
    'resources/list': { resources: [{ uri: `${name}://listed`, name }] },
    'resources/templates/list': { resourceTemplates: [{ uriTemplate: `${name}://any/{path}`, name }] },
  };
  return new ScriptedServer(({ id, method }, self) => {
    if (id !== undefined) {
      self.send({ id, result: results[method ?? ''] ?? { content: [{ type: 'text', text: `${name} heard ${method}` }] } });
    }
  });
}

function narrowed(granted: readonly string[], called?: (call: CallSummary) => void): TestSession {
  const servers = { one: () => fullServer('one'), two: () => fullServer('two') };
  return new TestSession(servers, {}, { granted, ...(called === undefined ? {} : { called }) });
}

async function toolsOf(client: TestSession): Promise<readonly string[]> {
  const { result } = await client.request('tools/list', {});
  return (result as { readonly tools: readonly { readonly name: string }[] }).tools.map(({ name }) => name);
}

test('a client sees and calls the tools that it was granted, by the names that all others see', async () => {
  const client = narrowed(['one-read', 'two:same']);
  await client.initialize();
  assert.deepEqual(await toolsOf(client), ['one-read', 'two__same']);
  assert.equal((await client.request('tools/call', { name: 'two__same' })).error, undefined);
  assert.equal((await client.request('tools/call', { name: 'one-read' })).error, undefined);
  for (const name of ['same', 'one-drop', 'two-read', 'two-drop', 'one:same', 'two:same', '*', 'nothing']) {
    const { error } = await client.request('tools/call', { name });
    assert.equal(error?.data?.code, 'WHARF_TOOL_UNKNOWN', name);
  }
});

test('prompts, resources and instructions go with a server as a whole', async () => {
  const client = narrowed(['one:*', 'two:two-read']);
  const { result } = await client.initialize();
  assert.doesNotMatch(JSON.stringify(result), /what two is for/);
  assert.deepEqual(await toolsOf(client), ['same', 'one-read', 'one-drop', 'two-read']);
  for (const [method, params, isGranted] of [
    ['prompts/get', { name: 'one-prompt' }, true],
    ['prompts/get', { name: 'two-prompt' }, false],
    ['resources/read', { uri: 'one://listed' }, true],
    ['resources/read', { uri: 'one://any/x' }, true],
    ['resources/read', { uri: 'two://listed' }, false],
    ['resources/read', { uri: 'two://any/x' }, false],
    ['resources/subscribe', { uri: 'two://listed' }, false],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'two-prompt' }, argument: { name: 'a', value: '' } }, false],
    ['completion/complete', { ref: { type: 'ref/resource', uri: 'two://any/{path}' }, argument: { name: 'a', value: '' } }, false],
  ] as const) {
    const reply = JSON.stringify(await client.request(method, params));
    assert.doesNotMatch(reply, /two heard/, `${method} ${JSON.stringify(params)}`);
    assert.ok(!isGranted || reply.includes('one heard'), reply);
  }
  for (const list of ['prompts/list', 'resources/list', 'resources/templates/list']) {
    const reply = JSON.stringify(await client.request(list, {}));
    assert.match(reply, /one/);
    assert.doesNotMatch(reply, /two/);
  }
});

test('a client without any whole server has no prompts and no resources, listed or guessed', async () => {
  const servers = { one: () => fullServer('one') };
  const client = new TestSession(servers, {}, { granted: ['one:one-read'] });
  await client.initialize();
  assert.deepEqual(await toolsOf(client), ['one-read']);
  for (const uri of ['one://listed', 'one://any/x', 'file:///etc/passwd']) {
    const { error } = await client.request('resources/read', { uri });
    assert.equal(error?.data?.code, 'WHARF_RESOURCE_UNKNOWN', uri);
  }
});

test('whoever asked for it is told of each call of this client, and of how it ended', async () => {
  const calls: CallSummary[] = [];
  const client = narrowed(['one-read'], (call) => void calls.push(call));
  await client.initialize();
  await client.request('tools/call', { name: 'one-read' });
  await client.request('tools/call', { name: 'one-drop' });
  assert.deepEqual(
    calls.map(({ server, tool, status }) => [server, tool, status]),
    [
      ['one', 'one-read', 'ok'],
      ['', 'one-drop', 'error'],
    ],
  );
});
