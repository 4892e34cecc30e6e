import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import type { OutputPolicy } from '../../../src/core/profile/profile.ts';
import { holds, leakyGateway, newSecret, toolKinds } from '../../support/leakyServer.ts';
import { TestSession } from '../../support/testSession.ts';
import { until } from '../../support/until.ts';

const shared = { share: 'user' } as const;
const policies = ['redact', 'block', 'warn', 'off'] as const satisfies readonly OutputPolicy[];

interface Opened {
  readonly secret: string;
  readonly client: TestSession;
  readonly server: ReturnType<typeof leakyGateway>['server'];
  /** Everything that is kept: the log of calls, the log of the gateway, its files. */
  readonly kept: () => string;
}

async function open(policy: OutputPolicy): Promise<Opened> {
  const secret = newSecret();
  const { gateway, server } = leakyGateway(secret);
  const client = new TestSession(gateway, shared, { output: policy });
  await client.initialize({ elicitation: {} });
  await client.request('tools/list', {});
  const kept = (): string => {
    const calls = gateway.calls.list(100).map(({ id }) => gateway.calls.show(id));
    const folder = join(gateway.folder, 'lists');
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    return [
      JSON.stringify(calls),
      gateway.log.join('\n'),
      JSON.stringify(gateway.pool.reports()),
      JSON.stringify(client.session.report()),
      ...files,
    ].join('\n');
  };
  return { secret, client, server, kept };
}

for (const policy of policies) {
  for (const kind of [...toolKinds, 'error'] as const) {
    test(`${policy}: a secret in the ${kind} of a tool`, async () => {
      const { secret, client, kept } = await open(policy);
      const reply = await client.request('tools/call', { name: kind, arguments: {} });
      const call = client.calls.list(1)[0];
      const passes = policy === 'warn' || policy === 'off';
      assert.equal(holds(JSON.stringify(reply), secret), passes);
      assert.equal(holds(kept(), secret), false);
      assert.equal((call?.findings ?? 0) > 0, policy !== 'off');
      assert.equal(call?.status, policy === 'block' ? 'blocked' : kind === 'error' || kind === 'failure' ? 'error' : 'ok');
      if (policy === 'block') {
        const { content, isError } = reply.result as { content: readonly { text: string }[]; isError: boolean };
        assert.equal(isError, true);
        assert.match(content[0]?.text ?? '', /WHARF_SECRET_BLOCKED/);
      }
      const actions = new Set(client.calls.show(call?.id ?? '')?.found.map(({ action }) => action));
      const action = { redact: 'redacted', block: 'blocked', warn: 'reported' } as const;
      assert.deepEqual([...actions], policy === 'off' ? [] : [action[policy]]);
    });
  }

  for (const [method, params] of [
    ['prompts/get', { name: 'greet' }],
    ['resources/read', { uri: 'memo://1' }],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'a', value: '' } }],
  ] as const) {
    test(`${policy}: a secret in the answer to ${method}`, async () => {
      const { secret, client, kept } = await open(policy);
      const reply = await client.request(method, params);
      assert.equal(holds(JSON.stringify(reply), secret), policy === 'warn' || policy === 'off');
      assert.equal(reply.error?.data?.code, policy === 'block' ? 'WHARF_SECRET_BLOCKED' : undefined);
      assert.equal(holds(kept(), secret), false);
    });
  }

  for (const [kind, method] of [
    ['progress', 'notifications/progress'],
    ['log', 'notifications/message'],
  ] as const) {
    test(`${policy}: a secret in ${method}`, async () => {
      const { secret, client, kept } = await open(policy);
      await client.request('tools/call', { name: kind, arguments: {}, _meta: { progressToken: 7 } });
      const said = client.messages.filter((message) => message.method === method);
      assert.equal(said.length, policy === 'block' ? 0 : 1);
      assert.equal(holds(JSON.stringify(said), secret), policy === 'warn' || policy === 'off');
      assert.equal((client.calls.list(1)[0]?.findings ?? 0) > 0, policy !== 'off');
      assert.equal(holds(kept(), secret), false);
    });
  }

  test(`${policy}: a secret in a question to the client, and in its answer`, async () => {
    const { secret, client, server, kept } = await open(policy);
    const call = client.begin('tools/call', { name: 'ask', arguments: {} });
    const passes = policy === 'warn' || policy === 'off';
    if (policy !== 'block') {
      const question = await until(() => client.messages.find(({ method }) => method === 'elicitation/create'), { what: 'the question' });
      assert.equal(holds(JSON.stringify(question), secret), passes);
      client.send({ id: question.id, result: { action: 'accept', content: { key: secret } } });
    }
    const answer = await until(() => server.heard.find(({ id, method }) => id === 900 && method === undefined), { what: 'the answer' });
    assert.equal(holds(JSON.stringify(answer), secret), passes);
    assert.equal('error' in answer, policy === 'block');
    client.notify('notifications/cancelled', { requestId: call });
    assert.equal(holds(kept(), secret), false);
  });

  test(`${policy}: no list, and no word about a server, holds a secret that it was given`, async () => {
    const { secret, client, kept } = await open(policy);
    for (const method of ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']) {
      const reply = await client.request(method, {});
      assert.match(JSON.stringify(reply), /\[wharf:secret API_KEY\]/);
    }
    const later = new TestSession(client.gateway, shared, { output: policy });
    const { result } = await later.initialize({ elicitation: {} });
    assert.match(JSON.stringify(result), /Use \[wharf:secret API_KEY\]/);
    assert.equal(holds([...client.lines, ...later.lines].join('\n'), secret), false);
    assert.equal(holds(kept(), secret), false);
  });
}

test('--block-secrets blocks whatever the profile says', async () => {
  const secret = newSecret();
  const { gateway } = leakyGateway(secret);
  const client = new TestSession(gateway, shared, { output: 'off', settings: { blockSecrets: true } });
  await client.initialize();
  await client.request('tools/call', { name: 'text' });
  assert.equal(holds(client.lines.join('\n'), secret), false);
  assert.equal(client.calls.list(1)[0]?.status, 'blocked');
});

test('a server that fails with its secret in its last words says nothing of it to anybody', async () => {
  const secret = newSecret();
  const { gateway, server } = leakyGateway(secret);
  const client = new TestSession(gateway, shared, { output: 'off' });
  await client.initialize();
  const call = client.begin('tools/call', { name: 'unknown-kind' });
  await client.answerTo(call);
  server.complain(`Fatal: ${secret}\n`);
  server.say(`not a message: ${secret}\n`);
  server.end(1);
  await until(() => gateway.log.some((line) => line.includes('ended with 1')), { what: 'its end in the log' });
  assert.equal(holds(gateway.log.join('\n'), secret), false);
});
