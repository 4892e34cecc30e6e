import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { profileDefaults, type RemoteServer } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { launch, type LaunchHost } from '../../../src/gateway/instances/launch.ts';
import { newSecret } from '../../support/leakyServer.ts';
import { TestGateway } from '../../support/testSession.ts';
import { until } from '../../support/until.ts';

function remoteAt(url: string): RemoteServer {
  const read = readProfile(`version: 1\nservers:\n  - name: far\n    endpoint: ${url}\n`, 'dev.yaml');
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  const [server] = read.value.servers;
  assert.ok(server?.kind === 'remote');
  return server;
}

test('the token of a login at a remote server is looked for like any secret that a server was given', async (t) => {
  const [first, second] = [newSecret(), newSecret()].map((one) => one.replace(/[^\w-]/g, '')) as [string, string];
  const asked: (string | undefined)[] = [];
  const remote = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.writeHead(500).end(`You sent ${request.headers.authorization}`);
  });
  await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
  t.after(() => remote.close());
  const gateway = new TestGateway({});
  let token = first;
  const authorizer = {
    headersFor: () => Promise.resolve({ authorization: `Bearer ${token}` }),
    onUnauthorized: () => assert.fail('Nobody refuses it.'),
    admit: () => undefined,
    secrets: [],
  };
  const host: Partial<LaunchHost> = {
    secretSource: () => ({ resolve: () => assert.fail('It has no secrets.'), versionOf: () => assert.fail('It has no secrets.') }),
    injected: (secrets) => gateway.scanning.add(secrets),
    redact: (text) => gateway.scanning.redactText(text),
    authorizerFor: () => authorizer,
  };
  const server = remoteAt(`http://127.0.0.1:${(remote.address() as AddressInfo).port}/mcp`);
  const profile = { id: 'dev', name: 'dev', ...profileDefaults, servers: [server], origin: { path: 'dev.yaml', scope: 'user' as const } };
  const what = {
    server,
    profile: 'dev',
    surroundings: { profile, workspace: '/' },
    settings: {},
    onStep: () => undefined,
    gotSecrets: () => undefined,
    knownTool: () => undefined,
    whenClosed: new Promise<void>(() => undefined),
  };
  for (const one of [first, second]) {
    token = one;
    const channel = await launch(what, host as LaunchHost);
    assert.ok(channel.ok);
    channel.value.onMessage(() => undefined);
    channel.value.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}'));
    await until(() => asked.includes(`Bearer ${one}`), { what: 'the request' });
    await channel.value.stop();
  }
  assert.equal(
    gateway.scanning.redactText(`You sent ${first} and ${second}.`),
    'You sent [wharf:secret login_of_far] and [wharf:secret login_of_far].',
  );
});
