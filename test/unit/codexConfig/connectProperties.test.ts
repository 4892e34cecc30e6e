import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'smol-toml';
import { applyEdits } from '../../../src/shared/text.ts';
import { connectGateway, disconnectGateway } from '../../../src/core/codexConfig/connect.ts';
import type { ConfigEdit } from '../../../src/core/codexConfig/connect.ts';
import { gatewayAddress } from '../../../src/core/codexConfig/gatewayAddress.ts';
import type { StdioGatewayEntry } from '../../../src/core/codexConfig/gatewayEntry.ts';
import { parseToml } from '../../../src/core/toml/document.ts';
import type { Result } from '../../../src/shared/result.ts';
import { bareText, configText, gatewayEntries, sharedConfigs } from './configs.ts';

const entry: StdioGatewayEntry = {
  name: 'MCP_DOCKER',
  transport: 'stdio',
  command: '/home/you/.local/share/wharf/wharf',
  args: ['gateway', 'run', '--profile', 'dev'],
  env: { WHARF_HOME: '/home/you/my "wharf"' },
  startupTimeoutSec: 60,
  toolTimeoutSec: 300,
  approval: 'approve',
};

function edited(result: Result<ConfigEdit>): ConfigEdit {
  assert.ok(result.ok, result.ok ? '' : `${result.problem.message} ${JSON.stringify(result.problem.place)}`);
  return result.value;
}

type Tables = Record<string, Record<string, unknown> | undefined>;

/** What another reader of TOML finds; it knows no byte order mark. */
function meaning(text: string): { servers: Tables; rest: Record<string, unknown> } {
  const { mcp_servers: servers, ...rest } = ordinary(parse(text.replace(/^\uFEFF/, ''), { integersAsBigInt: 'asNeeded' })) as {
    mcp_servers?: Tables;
  };
  return { servers: servers ?? {}, rest };
}

/** With prototypes, which the reader leaves out and `deepEqual` asks for. */
function ordinary(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(ordinary);
  }
  const isTable = typeof value === 'object' && value !== null && !(value instanceof Date);
  return isTable ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, ordinary(item)])) : value;
}

/** The bytes outside the edits are those of the text before, and another reader finds what was asked and all else as before. */
function assertConnected(before: string, change: ConfigEdit, wanted: StdioGatewayEntry): void {
  assert.equal(applyEdits(before, change.edits), change.text);
  const [old, now] = [meaning(before), meaning(change.text)];
  assert.deepEqual(now.rest, old.rest);
  const { [wanted.name]: oldTable = {}, ...oldOthers } = old.servers;
  const oldServer = without(oldTable, ['url', 'bearer_token_env_var']);
  const { [wanted.name]: server = {}, ...others } = now.servers;
  assert.deepEqual(others, oldOthers);
  const env = { ...(oldServer['env'] as object | undefined), ...wanted.env };
  assert.deepEqual(server, {
    ...oldServer,
    command: wanted.command,
    args: wanted.args,
    ...(oldServer['env'] === undefined && Object.keys(env).length === 0 ? {} : { env }),
    startup_timeout_sec: wanted.startupTimeoutSec,
    tool_timeout_sec: wanted.toolTimeoutSec,
    ...(wanted.approval === null ? {} : { default_tools_approval_mode: wanted.approval }),
  });
  const eols = new Set(change.text.match(/\r?\n/g));
  assert.ok(eols.size <= 1 || new Set(before.match(/\r?\n/g)).size > 1, 'the line ends stay of one kind');
  assert.equal(countComments(change.text), countComments(before), 'no comment is lost');
}

function without(table: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).filter(([name]) => !names.includes(name)));
}

function countComments(text: string): number {
  return [...parseToml(text).tokens].filter((token) => token.kind === 'comment').length;
}

test('connecting changes the entry alone, in any file and style, and a second time changes nothing', (t) => {
  let count = 0;
  fc.assert(
    fc.property(fc.oneof(configText, bareText), gatewayEntries, (text, wanted) => {
      fc.pre(parseToml(text).errors.length === 0);
      count += 1;
      const change = edited(connectGateway(text, wanted, 'config.toml'));
      assertConnected(text, change, wanted);
      assert.deepEqual(edited(connectGateway(change.text, wanted, 'config.toml')).edits, []);
    }),
    { numRuns: 2000 },
  );
  t.diagnostic(`${count} files`);
});

test('disconnecting after connecting gives the old bytes back', () => {
  fc.assert(
    fc.property(bareText, gatewayEntries, (text, wanted) => {
      const parsed = parseToml(text);
      const servers = parsed.root.members.get('mcp_servers')?.value;
      fc.pre(parsed.errors.length === 0 && !(servers?.kind === 'table' && servers.members.has(wanted.name)));
      const connected = edited(connectGateway(text, wanted, 'config.toml'));
      assert.equal(edited(disconnectGateway(connected.text, wanted.name, 'config.toml')).text, text);
    }),
    { numRuns: 1500 },
  );
});

test('disconnecting removes the entry alone, however it is written', () => {
  fc.assert(
    fc.property(configText, (text) => {
      fc.pre(parseToml(text).errors.length === 0);
      const change = edited(disconnectGateway(text, 'MCP_DOCKER', 'config.toml'));
      const [old, now] = [meaning(text), meaning(change.text)];
      const { MCP_DOCKER: _, ...others } = old.servers;
      assert.deepEqual(now.rest, old.rest);
      assert.deepEqual(now.servers, others);
      assert.ok(change.edits.every((edit) => edit.newText === ''));
      assert.deepEqual(edited(disconnectGateway(change.text, 'MCP_DOCKER', 'config.toml')).edits, []);
    }),
    { numRuns: 1500 },
  );
});

test('every server of the shared files is made a gateway or refused because it has a foreign URL, and all else stays', (t) => {
  for (const [file, text] of sharedConfigs(t)) {
    const { servers } = meaning(text);
    for (const [name, server] of Object.entries(servers).slice(0, 12)) {
      const wanted = { ...entry, name };
      const result = connectGateway(text, wanted, file);
      const url = server?.['url'];
      if (typeof url === 'string' && gatewayAddress(url) === undefined) {
        assert.equal(!result.ok && result.problem.code, 'WHARF_CONFIG_SHAPE');
        continue;
      }
      const change = edited(result);
      assertConnected(text, change, wanted);
      assert.deepEqual(edited(connectGateway(change.text, wanted, file)).edits, []);
      const gone = edited(disconnectGateway(text, name, file));
      const { [name]: _, ...others } = servers;
      assert.deepEqual(meaning(gone.text).servers, others);
    }
  }
});

test('a new entry in a shared file is taken out again without a trace', (t) => {
  for (const [file, text] of sharedConfigs(t)) {
    const wanted = { ...entry, name: 'wharf-test' };
    const connected = edited(connectGateway(text, wanted, file));
    assert.equal(connected.edits.length, 1);
    assertConnected(text, connected, wanted);
    assert.equal(edited(disconnectGateway(connected.text, wanted.name, file)).text, text);
  }
});
