import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ImageServer } from '../../src/core/profile/profile.ts';
import * as problems from '../../src/core/problems.ts';
import { fail } from '../../src/shared/result.ts';
import { ScriptedServer, soundServer, type Heard } from '../support/scriptedServer.ts';
import { TestSession } from '../support/testSession.ts';
import { until } from '../support/until.ts';

/** Its profile is another one now, with this in the entry of each server. */
function change(client: TestSession, more: Partial<ImageServer>): void {
  const profile = {
    ...client.facts.profile,
    servers: client.facts.profile.servers.map((server) => ({ ...server, ...more }) as ImageServer),
  };
  client.session.profileChanged({ kind: 'served', facts: { ...client.facts, profile } });
}

test('a call goes on with the server that it was sent to, and the next one gets the server as it is now', async (t) => {
  const held: { readonly message: Heard; readonly server: ScriptedServer }[] = [];
  const client = new TestSession({ calc: () => soundServer(['add'], (message, server) => void held.push({ message, server })) });
  t.after(() => client.session.close());
  await client.initialize();
  await client.toolNames();
  const first = client.begin('tools/call', { name: 'add', arguments: {} });
  const old = await until(() => held.find(({ message }) => message.method === 'tools/call'));
  change(client, { env: { MODE: 'new' } });
  const second = client.begin('tools/call', { name: 'add', arguments: {} });
  const next = await until(() => held.find(({ message, server }) => message.method === 'tools/call' && server !== old.server));
  assert.equal(old.server.stops, 0, 'it still has a call');
  old.server.send({ id: old.message.id, result: { content: [{ type: 'text', text: 'old' }] } });
  next.server.send({ id: next.message.id, result: { content: [{ type: 'text', text: 'new' }] } });
  assert.match(JSON.stringify(await client.answerTo(first)), /"old"/);
  assert.match(JSON.stringify(await client.answerTo(second)), /was restarted since your last call.*"new"/, 'a model hears what it lost');
  await until(() => old.server.stops > 0, { what: 'the old server to be stopped' });
  assert.equal(next.server.stops, 0);
  assert.equal(client.messages.filter(({ method }) => method?.endsWith('list_changed')).length, 0, 'nothing that it sees changed');
});

test('what a client follows it follows on the server that takes the place of another', async (t) => {
  const servers: ScriptedServer[] = [];
  const client = new TestSession({
    memo: () => {
      const made = new ScriptedServer(({ id, method }, server) => {
        const results: Readonly<Record<string, unknown>> = {
          initialize: {
            protocolVersion: '2025-06-18',
            capabilities: { resources: { subscribe: true } },
            serverInfo: { name: 'memo', version: '1' },
          },
          'resources/list': { resources: [{ uri: 'memo://a', name: 'a' }] },
          'resources/templates/list': { resourceTemplates: [] },
        };
        if (id !== undefined) {
          server.send({ id, result: results[method] ?? {} });
        }
      });
      servers.push(made);
      return made;
    },
  });
  t.after(() => client.session.close());
  await client.initialize();
  await client.request('resources/list', {});
  await client.request('resources/subscribe', { uri: 'memo://a' });
  change(client, { env: { MODE: 'new' } });
  await until(() => servers[1]?.heard.some(({ method }) => method === 'resources/subscribe'), { what: 'the new server to hear of it' });
  servers[1]?.send({ method: 'notifications/resources/updated', params: { uri: 'memo://a' } });
  await until(() => client.messages.some(({ method }) => method === 'notifications/resources/updated'));
});

test('a server that may not run is tried again when its user allows the profile as it is, and one that is broken is not', async (t) => {
  let isAllowed = false;
  let broken = 0;
  const client = new TestSession({
    moved: () => (isAllowed ? soundServer(['add']) : Promise.resolve(fail(problems.imageNotGranted('moved', 'moved:1', 'dev')))),
    broken: () => {
      broken += 1;
      return Promise.resolve(fail(problems.dockerFailed('start it', 'no')));
    },
  });
  t.after(() => client.session.close());
  await client.initialize();
  assert.deepEqual(await client.toolNames(), []);
  isAllowed = true;
  client.session.profileChanged({ kind: 'served', facts: client.facts });
  await until(async () => (await client.toolNames()).includes('add'), { what: 'the tool of the server that may run now' });
  assert.equal(broken, 1);
});

test('a name stays with its tool in all that a profile becomes, and a style that is chosen anew gives new ones', async (t) => {
  const client = new TestSession({ one: () => soundServer(['add']), two: () => soundServer(['add']) });
  t.after(() => client.session.close());
  await client.initialize();
  assert.deepEqual(await client.toolNames(), ['add', 'two__add']);
  const { profile } = client.facts;
  const serve = (more: Partial<typeof profile>): void =>
    client.session.profileChanged({ kind: 'served', facts: { ...client.facts, profile: { ...profile, ...more } } });
  serve({ servers: profile.servers.toReversed() });
  assert.deepEqual(await client.toolNames(), ['two__add', 'add']);
  serve({ servers: profile.servers.slice(1) });
  assert.deepEqual(await client.toolNames(), ['two__add']);
  serve({});
  await until(async () => (await client.toolNames()).join() === 'add,two__add');
  serve({ toolNames: 'prefix' });
  assert.deepEqual(await client.toolNames(), ['one_add', 'two_add']);
});
