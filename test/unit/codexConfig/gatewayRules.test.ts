import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkCodexConfig } from '../../../src/core/codexConfig/check.ts';
import type { CheckContext, Finding } from '../../../src/core/codexConfig/findings.ts';
import { gatewayProbe, probeGateways, type GatewayState } from '../../../src/core/codexConfig/gatewayAddress.ts';
import { readCodexConfig } from '../../../src/core/codexConfig/servers.ts';

const origin = 'http://127.0.0.1:8811';
const text = `[mcp_servers.MCP_DOCKER]
url = "${origin}/p/dev/mcp"
bearer_token_env_var = "WHARF_HTTP_TOKEN"
`;

function check(config: string, facts: Omit<CheckContext, 'scope'>): readonly Finding[] {
  return checkCodexConfig(config, { scope: 'user', ...facts });
}

function found(config: string, state: GatewayState): string[] {
  const states = new Map([[origin, state]]);
  return check(config, { gateways: states }).map((finding) => `${finding.code} ${config.slice(finding.range.start, finding.range.end)}`);
}

test('a gateway at which nobody answers, or nobody well, is a warning at its address with two ways out', () => {
  assert.deepEqual(found(text, 'silent'), [`gateway-endpoint-down "${origin}/p/dev/mcp"`]);
  assert.deepEqual(found(text, 'unwell'), [`gateway-endpoint-down "${origin}/p/dev/mcp"`]);
  assert.deepEqual(found(text.replace('/p/dev', ''), 'silent'), [`gateway-endpoint-down "${origin}/mcp"`]);
  assert.deepEqual(found(text, 'healthy'), []);
  const [finding] = check(text, { gateways: new Map([[origin, 'silent' as const]]) });
  assert.equal(finding?.severity, 'warning');
  assert.match(finding.message, /^Nothing answers at http:\/\/127\.0\.0\.1:8811, where "MCP_DOCKER" /);
  assert.match(finding.message, /"systemctl --user status wharf-gateway".*--launcher wharf/);
});

test('a gateway that is turned off, that nobody asked, or that is no gateway of this computer, is not spoken of', () => {
  assert.deepEqual(found(`${text}enabled = false\n`, 'silent'), []);
  assert.deepEqual(check(text, {}), []);
  for (const url of ['https://mcp.example.com/mcp', `${origin}/sse`, origin]) {
    assert.deepEqual(found(text.replace(`${origin}/p/dev/mcp`, url), 'silent'), []);
  }
});

test('a variable for the token that is not set where the checker runs is told, for a gateway of this computer alone', () => {
  const isSet = (variable: string): boolean => variable === 'OTHER';
  const [finding, ...more] = check(text, { isSet });
  assert.deepEqual([finding?.code, finding?.severity, more.length], ['gateway-token-unset', 'info', 0]);
  assert.equal(text.slice(finding?.range.start, finding?.range.end), '"WHARF_HTTP_TOKEN"');
  assert.deepEqual(check(text.replace('WHARF_HTTP_TOKEN', 'OTHER'), { isSet }), []);
  assert.deepEqual(check(text.replace(origin, 'https://mcp.example.com'), { isSet }), []);
});

test('each gateway of a file is asked once, at an address of this computer', async () => {
  const asked: string[] = [];
  const probe = gatewayProbe((url) => {
    asked.push(url);
    return Promise.resolve(url.startsWith('http://[::1]') ? 200 : undefined);
  });
  const config = [
    text,
    text.replace('MCP_DOCKER', 'second').replace('/p/dev', '/p/other'),
    '[mcp_servers.third]\nurl = "http://localhost:1/mcp"\n',
    '[mcp_servers.far]\nurl = "https://mcp.example.com/mcp"\n',
    '[mcp_servers.off]\nurl = "http://127.0.0.1:2/mcp"\nenabled = false\n',
  ].join('\n');
  const states = await probeGateways(readCodexConfig(config).servers, probe);
  assert.deepEqual(
    [...states],
    [
      [origin, 'silent'],
      ['http://localhost:1', 'healthy'],
    ],
  );
  assert.deepEqual(asked.toSorted(), [`${origin}/health`, 'http://127.0.0.1:1/health', 'http://[::1]:1/health'].toSorted());
});
