import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { buildGatewayImage } from '../../scripts/gatewayImage.ts';
import { version } from '../../src/shared/version.ts';
import { docker, probeImage, probeProfile } from '../support/dockerLane.ts';
import { gatewayImage, runGatewayContainer, serversOf, startGatewayContainer, uniqueProfile } from '../support/gatewayContainer.ts';
import { sampleTags } from '../support/images.ts';
import { builtPrograms } from '../support/programs.ts';
import { until } from '../support/until.ts';

before(async () => {
  await Promise.all([gatewayImage(), probeImage()]);
});

const streaming = ['gateway', 'run', '--transport', 'streaming', '--host', '0.0.0.0', '--port', '8811'];

async function mcp(url: string, token: string | undefined, body: object, session?: string): Promise<Response> {
  return fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(session === undefined ? {} : { 'mcp-session-id': session, 'mcp-protocol-version': '2025-06-18' }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...body }),
  });
}

test('the same programs make the same image, and an image that is there is not made again', async (t) => {
  const image = await gatewayImage();
  const dist = await builtPrograms();
  const again = await buildGatewayImage({ dist, tag: image.tag, docker });
  assert.deepEqual(again, { ...image, built: false });
  const tag = 'wharf-test/gateway-copy:1';
  t.after(() => docker.getImage(tag).remove());
  const copy = await buildGatewayImage({ dist, tag, docker });
  assert.equal(copy.id, image.id);
});

test('the image runs as a user without rights, says what it is, and has no shell', async (t) => {
  const { tag } = await gatewayImage();
  const { Config: config } = await docker.getImage(tag).inspect();
  assert.equal(config.User, '65532:65532');
  assert.deepEqual(config.Entrypoint, ['/usr/local/bin/node', '/opt/wharf/wharf.cjs']);
  assert.equal(config.Labels['org.opencontainers.image.version'], version);
  const shell = await docker.createContainer({ Image: tag, Entrypoint: ['/bin/sh'], HostConfig: { NetworkMode: 'none' } });
  t.after(() => shell.remove({ force: true }));
  await assert.rejects(shell.start(), /no such file or directory/);
});

test('the program in the image runs with a read-only root and without capabilities', async (t) => {
  const ended = await runGatewayContainer(t, { args: ['version'] });
  assert.deepEqual(ended, { code: 0, output: `${version}\n` });
});

test("profiles that are mounted as the user's own are listed as allowed, those of the project are not", async (t) => {
  const yaml = probeProfile({});
  const { code, output } = await runGatewayContainer(t, {
    args: ['profile', 'list', '--format', 'json'],
    profiles: { own: yaml },
    project: { '.codex/profiles/theirs.yaml': yaml },
  });
  assert.equal(code, 0, output);
  const listed = JSON.parse(output) as readonly { readonly id: string; readonly scope: string; readonly allowed: boolean }[];
  assert.deepEqual(
    listed.map(({ id, scope, allowed }) => ({ id, scope, allowed })),
    [
      { id: 'own', scope: 'user', allowed: true },
      { id: 'theirs', scope: 'project', allowed: false },
    ],
  );
});

test('the gateway in the container serves a profile over HTTP from server containers that it starts through the socket', async (t) => {
  const profile = uniqueProfile();
  const gateway = await startGatewayContainer(t, { args: [...streaming, '--profile', profile], profiles: { [profile]: probeProfile({}) } });
  const url = await gateway.untilServing();

  const initialize = {
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  };
  assert.equal((await mcp(url, undefined, initialize)).status, 401);
  assert.equal((await mcp(url, 'wrong', initialize)).status, 401);
  const opened = await mcp(url, gateway.token, initialize);
  assert.equal(opened.status, 200, await gateway.log());
  const session = opened.headers.get('mcp-session-id') ?? '';
  await mcp(url, gateway.token, { method: 'notifications/initialized' }, session);
  const call = { id: 2, method: 'tools/call', params: { name: 'echo', arguments: { text: 'through two containers' } } };
  assert.match(await (await mcp(url, gateway.token, call, session)).text(), /echo: through two containers/);
  const [server, ...more] = await serversOf(profile);
  assert.deepEqual(more, []);
  assert.equal((await docker.getContainer(server ?? '').inspect()).Config.Image, sampleTags.probe);

  await until(async () => (await gateway.container.inspect()).State.Health?.Status === 'healthy', {
    timeoutMs: 60_000,
    everyMs: 500,
    what: 'the health check of the image to pass',
  });
  await gateway.stop();
  assert.deepEqual(await serversOf(profile), [], 'a stopped gateway leaves no server behind');
});

test('a profile of the project is refused, by its id and by its path, until somebody allows it', async (t) => {
  const project = { '.codex/profiles/theirs.yaml': probeProfile({}) };
  for (const choice of [
    ['--profile', 'theirs'],
    ['--profile-file', '.codex/profiles/theirs.yaml'],
  ]) {
    const { code, output } = await runGatewayContainer(t, { args: ['gateway', 'run', '--dry-run', ...choice], project });
    assert.equal(code, 1, output);
    assert.match(output, /WHARF_PROFILE_NOT_ALLOWED/);
  }
});
