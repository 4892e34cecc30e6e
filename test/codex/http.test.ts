import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { runCodex } from '../support/codex.ts';
import { probeImage, probeProfile } from '../support/dockerLane.ts';
import { startHttpGateway } from '../support/httpGateway.ts';
import { makeHome } from '../support/wharfHome.ts';

before(probeImage);

test('the real Codex uses a profile over HTTP, with the token from its environment', async (t) => {
  const home = await makeHome(t);
  await home.addProfile('dev', probeProfile({}));
  const { url, token } = await startHttpGateway(t, home, ['dev']);
  const entry = ['[mcp_servers.MCP_DOCKER]', `url = "${url}"`, 'bearer_token_env_var = "WHARF_HTTP_TOKEN"', ''];
  await writeFile(join(home.project, '.codex', 'config.toml'), entry.join('\n'));
  const run = await runCodex({
    cwd: home.project,
    home: home.home,
    env: { WHARF_HTTP_TOKEN: token },
    plan: [{ call: { name: 'echo', namespace: 'mcp__MCP_DOCKER', arguments: { text: 'over HTTP' } } }, { text: 'done' }],
  });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(
    run.toolCalls.map(({ tool, status, result }) => [tool, status, result?.content[0]?.text]),
    [['echo', 'completed', 'echo: over HTTP']],
  );
});
