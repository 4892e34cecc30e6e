import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clientLines, clientReport } from '../../../src/core/codexConfig/clientReport.ts';

const gateway =
  '[mcp_servers.MCP_DOCKER]\ncommand = "docker"\nargs = ["mcp", "gateway", "run", "--profile", "dev"]\nenv = { TOKEN = "value" }\n';

test("a configuration is reported in Docker's shape and words, without the values of variables", () => {
  const report = clientReport(`${gateway}[mcp_servers.docs]\nurl = "https://docs.example/mcp"\n[mcp_servers.own]\ncommand = "own"\n`);
  assert.deepEqual(report, {
    displayName: 'Codex',
    source: 'https://openai.com/codex/',
    icon: '',
    configName: 'codex',
    dockerMCPCatalogConnected: true,
    profile: 'dev',
    error: null,
    Cfg: {
      STDIOServers: [
        { name: 'MCP_DOCKER', command: 'docker', args: ['mcp', 'gateway', 'run', '--profile', 'dev'] },
        { name: 'own', command: 'own', args: [] },
      ],
      SSEServers: [],
      HTTPServers: [{ name: 'docs', url: 'https://docs.example/mcp' }],
    },
  });
  assert.deepEqual(clientLines(report), [
    ' ● codex: connected (profile dev)',
    '   MCP_DOCKER: Docker MCP Catalog (gateway server) (stdio)',
    '   own: own (stdio)',
    '   docs: https://docs.example/mcp (http)',
  ]);
});

test('a gateway over HTTP, none at all, and a broken file', () => {
  const http = clientReport('[mcp_servers.MCP_DOCKER]\nurl = "http://127.0.0.1:8811/p/team/mcp"\n');
  assert.deepEqual([http.dockerMCPCatalogConnected, http.profile], [true, 'team']);
  assert.deepEqual(clientLines(clientReport('model = "x"\n')), [' ● codex: disconnected']);
  const broken = clientReport('a = \n');
  assert.deepEqual([broken.Cfg, broken.dockerMCPCatalogConnected, broken.error?.type], [null, false, 'parse']);
});
