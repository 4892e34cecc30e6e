import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { runCodex } from '../support/codex.ts';
import { docker } from '../support/dockerLane.ts';
import { gatewayImage, serversOf, serversStarted, startGatewayContainer, uniqueProfile } from '../support/gatewayContainer.ts';
import { buildSampleImages, sampleTags } from '../support/images.ts';
import { toolOutput } from '../support/mockModel.ts';
import { makeHome } from '../support/wharfHome.ts';

const profileText = `version: 1
name: CI
servers:
  - image: ${sampleTags.everything}
    wharf: { network: none }
  - image: ${sampleTags.memory}
    wharf: { network: none }
`;
const namespace = 'mcp__MCP_DOCKER';
const streaming = ['gateway', 'run', '--transport', 'streaming', '--host', '0.0.0.0', '--port', '8811'];

before(async () => {
  await Promise.all([gatewayImage(), buildSampleImages(docker)]);
});

test('the real Codex uses the gateway that runs as a container, over HTTP, and that starts the servers through the socket', async (t) => {
  const from = Date.now();
  const profile = uniqueProfile();
  const gateway = await startGatewayContainer(t, { args: [...streaming, '--profile', profile], profiles: { [profile]: profileText } });
  const url = await gateway.untilServing();
  const home = await makeHome(t);
  await mkdir(join(home.project, '.codex'), { recursive: true });
  await writeFile(
    join(home.project, '.codex', 'config.toml'),
    [
      '[mcp_servers.MCP_DOCKER]',
      `url = "${url}/mcp"`,
      'bearer_token_env_var = "MCP_GATEWAY_AUTH_TOKEN"',
      'required = true',
      'default_tools_approval_mode = "approve"',
      '',
    ].join('\n'),
  );
  const entities = [{ name: 'Wharf', entityType: 'program', observations: ['runs in CI'] }];
  const run = await runCodex({
    cwd: home.project,
    home: home.home,
    env: { MCP_GATEWAY_AUTH_TOKEN: gateway.token },
    plan: [
      { call: { name: 'echo', namespace, arguments: { message: 'from a container' } } },
      { call: { name: 'create_entities', namespace, arguments: { entities } } },
      { call: { name: 'read_graph', namespace, arguments: {} } },
      { text: 'done' },
    ],
  });
  assert.equal(run.code, 0, `${run.stderr}\n${await gateway.log()}`);
  assert.deepEqual(
    run.toolCalls.map(({ tool, status }) => ({ tool, status })),
    ['echo', 'create_entities', 'read_graph'].map((tool) => ({ tool, status: 'completed' })),
  );
  assert.match(toolOutput(run, 0) ?? '', /Echo: from a container/);
  assert.match(toolOutput(run, 2) ?? '', /runs in CI/, 'the same container of the memory server served both calls');
  assert.deepEqual(new Set(await serversStarted(profile, from)), new Set([sampleTags.everything, sampleTags.memory]));
  await gateway.stop();
  assert.deepEqual(await serversOf(profile), [], 'a stopped gateway leaves no server behind');
});

test('Codex with another token gets no tool, and says so where the server is required', async (t) => {
  const profile = uniqueProfile();
  const gateway = await startGatewayContainer(t, { args: [...streaming, '--profile', profile], profiles: { [profile]: profileText } });
  const url = await gateway.untilServing();
  const home = await makeHome(t);
  await mkdir(join(home.project, '.codex'), { recursive: true });
  await writeFile(
    join(home.project, '.codex', 'config.toml'),
    `[mcp_servers.MCP_DOCKER]\nurl = "${url}/mcp"\nbearer_token_env_var = "MCP_GATEWAY_AUTH_TOKEN"\nrequired = true\n`,
  );
  const run = await runCodex({
    cwd: home.project,
    home: home.home,
    env: { MCP_GATEWAY_AUTH_TOKEN: 'another' },
    plan: [{ text: 'done' }],
  });
  assert.equal(run.code, 1);
  assert.deepEqual(await serversOf(profile), [], 'nobody without the token starts a container');
});
