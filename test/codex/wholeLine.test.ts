import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { runCodex } from '../support/codex.ts';
import { buildSampleImages, sampleTags } from '../support/images.ts';
import { toolOutput } from '../support/mockModel.ts';
import { makeHome } from '../support/wharfHome.ts';

const profile = `version: 1
name: Development
servers:
  - image: ${sampleTags.everything}
    wharf: { network: none }
  - image: ${sampleTags.memory}
    wharf: { network: none }
`;
const demoProfile = 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n';
const config = '# Keep this comment.\nmodel_reasoning_effort = "low"   # and this one\r\n';
const namespace = 'mcp__MCP_DOCKER';

before(async () => {
  await buildSampleImages();
});

test('the real Codex starts the gateway from the entry that connect wrote, sees the tools of both containers, and gets a result', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', profile);
  const configFile = join(home.project, '.codex', 'config.toml');
  await writeFile(configFile, config);
  const connected = await home.wharf(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev', '--approve', 'all']);
  assert.equal(connected.code, 0, connected.stderr);
  const written = await readFile(configFile, 'utf8');
  assert.ok(written.startsWith(config), 'what was there stays byte for byte');

  const run = await runCodex({
    cwd: home.project,
    home: home.home,
    plan: [
      { search: { query: 'echo a message, create entities in the knowledge graph', limit: 40 } },
      { call: { name: 'echo', namespace, arguments: { message: 'through a container' } } },
      {
        call: {
          name: 'create_entities',
          namespace,
          arguments: { entities: [{ name: 'Wharf', entityType: 'program', observations: ['runs'] }] },
        },
      },
      { text: 'done' },
    ],
  });
  assert.equal(run.code, 0, run.stderr);
  const offered = JSON.stringify(run.requests[1]?.body.input);
  assert.match(offered, /"name":"echo"/);
  assert.match(offered, /"name":"create_entities"/);
  assert.deepEqual(
    run.toolCalls.map(({ server, tool, status }) => ({ server, tool, status })),
    [
      { server: 'MCP_DOCKER', tool: 'echo', status: 'completed' },
      { server: 'MCP_DOCKER', tool: 'create_entities', status: 'completed' },
    ],
  );
  assert.equal(run.toolCalls[0]?.result?.content[0]?.text, 'Echo: through a container');
  assert.match(toolOutput(run, 0) ?? '', /through a container/);

  const listed = await home.wharf(['calls', 'ls', '--format', 'json']);
  const { calls } = JSON.parse(listed.stdout) as { calls: readonly Record<string, unknown>[] };
  assert.deepEqual(
    calls.map(({ client, profile: id, server, tool, status }) => ({ client, id, server, tool, status })),
    [
      { client: 'codex-mcp-client 0.169.0', id: 'dev', server: 'everything', tool: 'echo', status: 'ok' },
      { client: 'codex-mcp-client 0.169.0', id: 'dev', server: 'memory', tool: 'create_entities', status: 'ok' },
    ],
  );
  assert.ok(
    calls.every(({ thread }) => typeof thread === 'string' && thread !== ''),
    'each call knows its Codex thread',
  );
});

test('under codex exec a tool that is not read-only is refused unless the entry approves it', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', profile);
  const connected = await home.wharf(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev']);
  assert.equal(connected.code, 0, connected.stderr);
  const run = await runCodex({
    cwd: home.project,
    home: home.home,
    plan: [
      { call: { name: 'echo', namespace, arguments: { message: 'read-only' } } },
      { call: { name: 'create_entities', namespace, arguments: { entities: [{ name: 'Wharf', entityType: 'x', observations: [] }] } } },
      { call: { name: 'delete_entities', namespace, arguments: { entityNames: ['Wharf'] } } },
      { text: 'done' },
    ],
  });
  assert.equal(run.code, 0, run.stderr);
  const [echo, create, remove] = run.toolCalls;
  assert.equal(echo?.status, 'completed');
  // It says that it destroys nothing, and reaches nothing outside: Codex's "auto" would let it run.
  assert.match(create?.error?.message ?? create?.status ?? '', /requires approval/);
  assert.equal(remove?.status, 'failed');
  assert.match(remove.error?.message ?? '', /requires approval/);
});

test('a profile that was not allowed gives Codex no tool, and Codex goes on', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', demoProfile);
  const connected = await home.wharf(['client', 'connect', 'codex', '--no-discover', '--profile', 'dev', '--approve', 'all']);
  assert.equal(connected.code, 0, connected.stderr);
  await home.writeProfile('dev', `${demoProfile}# changed by a pull\n`);
  const run = await runCodex({
    cwd: home.project,
    home: home.home,
    plan: [{ call: { name: 'add', namespace, arguments: { a: 1, b: 2 } } }, { text: 'done' }],
  });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(run.toolCalls, []);
  assert.match(await home.log(), /not allowed this content/);
});
