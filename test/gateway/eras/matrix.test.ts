import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { adaptClient } from '../../../src/gateway/eras/clientEra.ts';
import { adaptServer } from '../../../src/gateway/eras/serverEra.ts';
import type { RequestId } from '../../../src/shared/mcp.ts';
import { until } from '../../support/until.ts';
import {
  BridgeSession,
  keys,
  legacyServer,
  meta,
  modernServer,
  serverInfo,
  TestClient,
  type Message,
  type TestChannel,
  type Values,
} from './bridge.ts';

const form = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } } };
const complete = { resultType: 'complete' };

/** What both servers do alike: lists, plain calls with progress and a log line. false for what is left. */
function usualWork({ id, method, params }: Message, server: TestChannel, extra: Values): boolean {
  if (method === 'tools/list') {
    server.say({ id, result: { ...extra, tools: [{ name: 'plain', inputSchema: { type: 'object' } }] } });
    return true;
  }
  if (method === 'tools/call' && params?.['name'] === 'plain') {
    const { progressToken } = (params['_meta'] ?? {}) as Values;
    server.say({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } });
    server.say({ id, result: { ...extra, content: [{ type: 'text', text: JSON.stringify(params['arguments']) }] } });
    return true;
  }
  return method !== undefined && params?.['name'] === 'hang';
}

function oldServer(): TestChannel {
  const asking = new Map<RequestId, { call: RequestId; left: number; answers: unknown[] }>();
  const ask = (server: TestChannel, call: RequestId, left: number, answers: unknown[]): void => {
    const id = `${String(call)}-${left}`;
    asking.set(id, { call, left, answers });
    server.say({ id, ...form });
  };
  return legacyServer((message, server) => {
    const { id, method, params, result } = message;
    if (usualWork(message, server, {})) {
      return;
    }
    const asked = id === undefined || method !== undefined ? undefined : asking.get(id);
    if (asked !== undefined) {
      asked.answers.push(result);
      if (asked.left > 1) {
        ask(server, asked.call, asked.left - 1, asked.answers);
      } else {
        server.say({ id: asked.call, result: { content: [], answers: asked.answers } });
      }
    } else if (method === 'tools/call' && id !== undefined) {
      ask(server, id, Number((params?.['arguments'] as Values | undefined)?.['rounds']), []);
    } else if (method === 'resources/subscribe') {
      server.say({ id, result: {} });
      server.say({ method: 'notifications/resources/updated', params: { uri: params?.['uri'] } });
      server.say({ method: 'notifications/tools/list_changed' });
    }
  });
}

function newServer(): TestChannel {
  return modernServer((message, server) => {
    const { id, method, params } = message;
    if (usualWork(message, server, complete)) {
      return;
    }
    if (method === 'tools/call') {
      const before = JSON.parse((params?.['requestState'] ?? '[]') as string) as unknown[];
      const answer = (params?.['inputResponses'] as Values | undefined)?.['who'];
      const answers = answer === undefined ? before : [...before, answer];
      const isDone = answers.length === (params?.['arguments'] as Values | undefined)?.['rounds'];
      const asks = { resultType: 'input_required', inputRequests: { who: form }, requestState: JSON.stringify(answers) };
      server.say({ id, result: isDone ? { ...complete, content: [], answers } : asks });
    } else if (method === 'subscriptions/listen') {
      const notifications = params?.['notifications'] as Values;
      const _meta = { [keys.subscription]: id };
      server.say({ method: 'notifications/subscriptions/acknowledged', params: { notifications, _meta } });
      for (const uri of (notifications['resourceSubscriptions'] ?? []) as readonly string[]) {
        server.say({ method: 'notifications/resources/updated', params: { uri, _meta } });
        server.say({ method: 'notifications/tools/list_changed', params: { _meta } });
      }
    }
  });
}

/** A client that answers each question with the next of its answers. */
interface Peer {
  readonly answers: unknown[];
  start(): Promise<{ serverInfo: unknown; instructions: unknown; capabilities: unknown }>;
  request(method: string, params: Values, id: RequestId): Promise<Message>;
  follow(uri: string): Promise<void>;
}

function oldClient({ link, say }: { link: TestClient['link']; say: (message: Values) => void }): Peer {
  const answers: unknown[] = [];
  link.onMessage = ({ id, method }) => {
    if (id !== undefined && method === 'elicitation/create') {
      say({ id, result: answers.shift() });
    }
  };
  const request = (method: string, params: Values, id: RequestId): Promise<Message> => {
    say({ id, method, params });
    return until(() => link.answer(id), { everyMs: 2, what: method });
  };
  return {
    answers,
    request,
    start: async () => {
      const clientInfo = { name: 'old', version: '1' };
      const { result } = await request(
        'initialize',
        { protocolVersion: '2025-06-18', capabilities: { elicitation: {} }, clientInfo },
        'hello',
      );
      say({ method: 'notifications/initialized' });
      return result as Awaited<ReturnType<Peer['start']>>;
    },
    follow: async (uri) => {
      assert.deepEqual((await request('resources/subscribe', { uri }, 'sub')).result, {});
    },
  };
}

function newClient({ link, say }: { link: TestClient['link']; say: (message: Values) => void }): Peer {
  const answers: unknown[] = [];
  const request = async (method: string, params: Values, id: RequestId): Promise<Message> => {
    say({ id, method, params: { ...params, _meta: { ...(params['_meta'] as Values | undefined), ...meta() } } });
    const answer = await until(() => link.answer(id), { everyMs: 2, what: method });
    const { resultType, inputRequests, requestState } = answer.result ?? {};
    if (resultType !== 'input_required') {
      return answer;
    }
    const inputResponses = Object.fromEntries(Object.keys(inputRequests as Values).map((key) => [key, answers.shift()]));
    return request(method, { ...params, inputResponses, requestState }, `${id}+`);
  };
  return {
    answers,
    request,
    start: async () => {
      const { result } = await request('server/discover', {}, 'hello');
      assert.deepEqual(result?.['supportedVersions'], ['2026-07-28']);
      return {
        ...(result as unknown as Awaited<ReturnType<Peer['start']>>),
        serverInfo: (result?.['_meta'] as Values | undefined)?.[keys.server],
      };
    },
    follow: async (uri) => {
      say({
        id: 'sub',
        method: 'subscriptions/listen',
        params: { notifications: { resourceSubscriptions: [uri], toolsListChanged: true }, _meta: meta() },
      });
      await until(() => link.notes('notifications/subscriptions/acknowledged')[0], { everyMs: 2 });
    },
  };
}

for (const [clientEra, makeClient] of [
  ['with a handshake', oldClient],
  ['of 2026-07-28', newClient],
] as const) {
  for (const [serverEra, makeServer] of [
    ['with a handshake', oldServer],
    ['of 2026-07-28', newServer],
  ] as const) {
    describe(`A client ${clientEra} and a server ${serverEra}`, () => {
      const start = async (): Promise<{
        peer: Peer;
        client: TestClient;
        server: TestChannel;
        hello: Awaited<ReturnType<Peer['start']>>;
      }> => {
        const server = makeServer();
        const client = new TestClient((link) => new BridgeSession(adaptServer(server), link), adaptClient);
        const peer = makeClient({ link: client.link, say: (message) => client.say(message) });
        return { peer, client, server, hello: await peer.start() };
      };

      test('know each other, list tools, and call one with progress', async () => {
        const { peer, client, server, hello } = await start();
        assert.deepEqual([hello.serverInfo, hello.instructions], [serverInfo, 'Be kind.']);
        assert.deepEqual((hello.capabilities as Values)['tools'], { listChanged: true });
        assert.deepEqual((await peer.request('tools/list', {}, 1)).result?.['tools'], [{ name: 'plain', inputSchema: { type: 'object' } }]);
        const called = await peer.request('tools/call', { name: 'plain', arguments: { a: [1.5] }, _meta: { progressToken: 'tok' } }, 2);
        assert.deepEqual(called.result?.['content'], [{ type: 'text', text: '{"a":[1.5]}' }]);
        assert.deepEqual(
          client.link.notes('notifications/progress').map(({ params }) => params),
          [{ progressToken: 'tok', progress: 1, total: 2 }],
        );
        assert.deepEqual(server.versions, [serverEra === 'of 2026-07-28' ? '2026-07-28' : '2025-06-18']);
        await client.session.close();
      });

      test('ask and answer in rounds', async () => {
        const { peer, client } = await start();
        const answers = [{ action: 'accept', content: { name: 'Ann' } }, { action: 'decline' }, { action: 'cancel' }];
        peer.answers.push(...answers);
        assert.deepEqual((await peer.request('tools/call', { name: 'asks', arguments: { rounds: 3 } }, 1)).result?.['answers'], answers);
        await client.session.close();
      });

      test('give up a call', async () => {
        const { client, server } = await start();
        client.say({ id: 5, method: 'tools/call', params: { name: 'hang', _meta: clientEra === 'of 2026-07-28' ? meta() : {} } });
        const call = await until(() => server.of('tools/call')[0]);
        client.say({ method: 'notifications/cancelled', params: { requestId: 5, reason: 'enough' } });
        const [cancelled] = await until(() =>
          server.of('notifications/cancelled').length > 0 ? server.of('notifications/cancelled') : undefined,
        );
        assert.deepEqual(cancelled?.params, { requestId: call.id, reason: 'enough' });
        assert.equal(client.link.answer(5), undefined);
        await client.session.close();
      });

      test('tell and hear of changes', async () => {
        const { peer, client } = await start();
        await peer.follow('file:///a');
        const updated = await until(() => client.link.notes('notifications/resources/updated')[0], { everyMs: 2 });
        assert.equal(updated.params?.['uri'], 'file:///a');
        await until(() => client.link.notes('notifications/tools/list_changed')[0], { everyMs: 2 });
        const tags = client.link.got.flatMap(
          ({ message: { params } }) => (params?.['_meta'] as Values | undefined)?.[keys.subscription] ?? [],
        );
        assert.deepEqual([...new Set(tags)], clientEra === 'of 2026-07-28' ? ['sub'] : []);
        await client.session.close();
      });
    });
  }
}
