import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { CallInterceptors } from '../../../src/gateway/interceptors/interceptors.ts';
import { ok } from '../../../src/shared/result.ts';
import { ScriptedServer } from '../../support/scriptedServer.ts';
import { call, output, saying, shared, token } from '../../support/secretCalls.ts';
import { TestSession } from '../../support/testSession.ts';

test('arguments go out without their secrets, or not at all', async () => {
  const secret = token();
  const server = saying('fine');
  const client = new TestSession({ one: () => server }, output({ tools: { b: 'block' } }));
  await client.initialize();
  await call(client, 'a', { to: 'x', body: `key ${secret}` });
  assert.deepEqual(server.heard.at(-1)?.params?.['arguments'], { to: 'x', body: 'key [wharf:redacted github-pat]' });
  const heard = server.heard.length;
  const { text, summary } = await call(client, 'b', { body: secret });
  assert.equal(server.heard.length, heard);
  assert.match(text, /was not passed on: its arguments hold|A call of \\"b\\" was not passed on/);
  assert.equal(summary?.status, 'blocked');
  const details = client.calls.list(9).map(({ id }) => client.calls.show(id));
  assert.equal(JSON.stringify(details).includes(secret), false);
  assert.deepEqual(details.at(-1)?.arguments, { body: '[wharf:redacted github-pat]' });
});

test('what a client adds to a call beside its arguments goes out without secrets too', async () => {
  const secret = token();
  const server = saying('fine');
  const client = new TestSession({ one: () => server }, shared);
  await client.initialize();
  const remote = `https://me:${secret}@example.com/repo.git`;
  await client.request('tools/call', { _meta: { threadId: 't', progressToken: 4, remote }, name: 'a', arguments: { b: 1 } });
  const { params } = server.heard.at(-1) ?? {};
  assert.equal(JSON.stringify(params).includes(secret), false);
  assert.deepEqual([params?.['name'], params?.['arguments']], ['a', { b: 1 }]);
  const { id = '', thread } = client.calls.list(1)[0] ?? {};
  assert.equal(thread, 't');
  assert.deepEqual(client.calls.show(id)?.arguments, { b: 1 });
});

test('a secret in the name of a tool that nobody has is neither answered nor kept', async () => {
  const secret = token();
  const client = new TestSession({ one: () => saying('fine') }, shared);
  await client.initialize();
  for (const name of [secret, `run ${secret} now`]) {
    const { text, summary } = await call(client, name, {});
    assert.match(text, /No server of this profile offers the tool .*\[wharf:redacted github-pat\]/);
    assert.match(summary?.tool ?? '', /\[wharf:redacted github-pat\]/);
    assert.equal(summary?.status, 'error');
  }
  const kept = client.calls.list(9).map(({ id }) => client.calls.show(id));
  assert.equal(`${JSON.stringify(kept)}${client.lines.join('')}`.includes(secret), false);
});

test('a call that comes before its tool is known follows the policy of the tool that it turns out to be', async () => {
  const secret = token();
  const server = saying('fine');
  const client = new TestSession({ one: () => server }, output({ policy: 'block' }), { output: 'off' });
  void client.initialize();
  const { summary } = await call(client, 'a', { body: secret });
  assert.equal(summary?.status, 'blocked');
  assert.equal(
    server.heard.some(({ method }) => method === 'tools/call'),
    false,
  );
});

test('prompts, completions and addresses of resources go out without secrets', async () => {
  const secret = token();
  const server = new ScriptedServer(({ id, method }, self) => {
    const results: Readonly<Record<string, unknown>> = {
      initialize: {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {}, prompts: {}, resources: {} },
        serverInfo: { name: 's', version: '1' },
      },
      'tools/list': { tools: [] },
      'prompts/list': { prompts: [{ name: 'greet' }] },
      'resources/list': { resources: [{ uri: `db://me:${secret}@host/t`, name: 'table' }] },
      'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'page://{+path}', name: 'page' }] },
    };
    if (id !== undefined) {
      self.send({ id, result: results[method] ?? {} });
    }
  });
  const client = new TestSession({ one: () => server }, shared);
  await client.initialize();
  await client.request('prompts/get', { name: 'greet', arguments: { who: secret } });
  assert.deepEqual(server.heard.at(-1)?.params, { name: 'greet', arguments: { who: '[wharf:redacted github-pat]' } });
  await client.request('completion/complete', { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: secret } });
  assert.equal(JSON.stringify(server.heard.at(-1)).includes(secret), false);
  await client.request('resources/read', { uri: `page://x?key=${secret}` });
  assert.deepEqual(server.heard.at(-1)?.params, { uri: 'page://x?key=[wharf:redacted github-pat]' });

  // What the server itself lists under an address with a secret can be read under the name that its client sees.
  const { result } = await client.request('resources/list', {});
  const { uri } = (result as { readonly resources: readonly { readonly uri: string }[] }).resources[0] ?? { uri: '' };
  assert.equal(uri.includes(secret), false);
  await client.request('resources/read', { uri });
  assert.deepEqual(server.heard.at(-1)?.params, { uri: `db://me:${secret}@host/t` });
});

test('interceptors see no secret, and what they make is looked at too', async () => {
  const [asked, said, made] = [token(), token(), token()];
  const seen: string[] = [];
  const interceptors: CallInterceptors = {
    hasBefore: true,
    hasAfter: true,
    before: (request) => {
      seen.push(Buffer.isBuffer(request) ? request.toString() : JSON.stringify(request));
      return Promise.resolve(ok(undefined));
    },
    after: (result) => {
      seen.push(String(result));
      return Promise.resolve(ok({ content: [{ type: 'text', text: made }] }));
    },
  };
  const client = new TestSession({ one: () => saying(said) }, shared, { interceptors });
  await client.initialize();
  const { text, summary } = await call(client, 'a', { body: asked });
  assert.equal(seen.length, 2);
  assert.ok([asked, said].every((secret) => !seen.join('\n').includes(secret)));
  assert.equal(text.includes(made), false);
  assert.equal(summary?.findings, 3);
});
