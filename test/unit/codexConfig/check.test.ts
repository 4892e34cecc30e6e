import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { applyEdits } from '../../../src/shared/text.ts';
import { checkCodexConfig } from '../../../src/core/codexConfig/check.ts';
import type { Finding } from '../../../src/core/codexConfig/findings.ts';
import { rules } from '../../../src/core/codexConfig/rules/list.ts';
import { parseToml } from '../../../src/core/toml/document.ts';
import { configText, sharedConfigs } from './configs.ts';

function check(text: string): readonly Finding[] {
  return checkCodexConfig(text, { scope: 'project' });
}

function codes(text: string): string[] {
  return check(text).map((finding) => finding.code);
}

function only(text: string): Finding {
  const [finding, ...others] = check(text);
  assert.ok(finding !== undefined && others.length === 0, JSON.stringify(check(text)));
  return finding;
}

/** The text after the first fix of the only finding. */
function fixed(text: string, index = 0): string {
  const fix = only(text).fixes[index];
  assert.ok(fix !== undefined, 'there is such a fix');
  return applyEdits(text, fix.edits);
}

function marked(text: string): string {
  const { range } = only(text);
  return text.slice(range.start, range.end);
}

const gateway = '[mcp_servers.MCP_DOCKER]\ncommand = "docker"\nargs = ["mcp", "gateway", "run", "--profile", "dev"]\n';

test('every error of the syntax is a finding at its place', () => {
  const text = 'model = gpt\n[mcp_servers.a]\ncommand = "x\nargs =\n';
  assert.deepEqual(codes(text), ['toml-syntax', 'toml-syntax', 'toml-syntax']);
  assert.deepEqual(
    check(text).map((finding) => text.slice(finding.range.start, finding.range.end)),
    ['gpt', '"x', '='],
  );
});

test('a gateway without startup timeout is reported, and the fix adds one where the file keeps its keys', () => {
  assert.equal(marked(gateway), 'MCP_DOCKER');
  assert.equal(
    fixed(`${gateway}\n[mcp_servers.MCP_DOCKER.env]\nA = "1"\n`),
    `${gateway}startup_timeout_sec = 60\n\n[mcp_servers.MCP_DOCKER.env]\nA = "1"\n`,
  );
  assert.equal(fixed(gateway.replaceAll('\n', '\r\n')), `${gateway}startup_timeout_sec = 60\n`.replaceAll('\n', '\r\n'));
  assert.equal(fixed(gateway.trimEnd()), `${gateway}startup_timeout_sec = 60`);
  assert.equal(fixed('[mcp_servers.g]\n\tcommand="wharf"\n'), '[mcp_servers.g]\n\tcommand="wharf"\n\tstartup_timeout_sec=60\n');
  assert.equal(
    fixed('mcp_servers.g = { command = "wharf.cmd", args = [] }\n'),
    'mcp_servers.g = { command = "wharf.cmd", args = [], startup_timeout_sec = 60 }\n',
  );
  assert.equal(
    fixed('[mcp_servers]\ng.command = "wharf"\nh.command = "x"\n'),
    '[mcp_servers]\ng.command = "wharf"\ng.startup_timeout_sec = 60\nh.command = "x"\n',
  );
});

test('a gateway with too short a startup timeout is reported, and the fix changes the number alone', () => {
  const text = `${gateway}startup_timeout_sec = 20.0   # slow on the train\n`;
  assert.equal(marked(text), '20.0');
  assert.equal(fixed(text), `${gateway}startup_timeout_sec = 60   # slow on the train\n`);
  assert.equal(fixed(`${gateway}startup_timeout_ms = 9_000\n`), `${gateway}startup_timeout_ms = 60000\n`);
  assert.deepEqual(codes(`${gateway}startup_timeout_sec = 60\nstartup_timeout_ms = 1\n`), []);
  assert.deepEqual(codes(`${gateway}startup_timeout_ms = 60000\n`), []);
});

test('a gateway is recognised by its program and arguments, and nothing else is', () => {
  const withCommand = (command: string, args: readonly string[]): string[] =>
    codes(`[mcp_servers.g]\ncommand = '${command}'\nargs = ${JSON.stringify(args)}\n`);
  const gateways: readonly (readonly [string, readonly string[]])[] = [
    ['docker', ['mcp', 'gateway', 'run']],
    ['/usr/bin/docker', ['mcp', 'gateway', 'run', '--servers', 'x']],
    ['C:\\Program Files\\Docker\\docker.exe', ['mcp', 'gateway', 'run']],
    ['wharf', ['gateway', 'run']],
    ['C:\\wharf\\wharf.cmd', ['gateway', 'run']],
    ['/opt/wharf.exe', []],
    ['node', ['/srv/dist/wharf.cjs', 'gateway', 'run', '--profile', 'dev']],
    ['npx', ['--no-install', 'wharf', 'gateway', 'run']],
  ];
  for (const [command, args] of gateways) {
    assert.deepEqual(withCommand(command, args), ['startup-timeout-missing'], command);
  }
  const others: readonly (readonly [string, readonly string[]])[] = [
    ['docker', ['run', '-i', '--rm', 'mcp/time']],
    ['docker', ['mcp', 'tools', 'ls']],
    ['npx', ['-y', 'wharf-like']],
    ['node', ['wharf', 'profile', 'list']],
    ['dockerd', ['mcp', 'gateway', 'run']],
  ];
  for (const [command, args] of others) {
    assert.deepEqual(withCommand(command, args), [], command);
  }
  assert.deepEqual(codes(`${gateway}enabled = false\n`), []);
  assert.deepEqual(codes('[mcp_servers.h]\nurl = "http://localhost:8811/mcp"\n'), []);
});

test('a half-written startup timeout counts as present', () => {
  assert.deepEqual(codes(`${gateway}startup_timeout_sec =\n`), ['toml-syntax']);
});

test('a misspelt key is renamed to the one that was meant, wherever it is named', () => {
  const renames: readonly (readonly [string, string])[] = [
    ['startup_timeout = 30', 'startup_timeout_sec = 30'],
    ['startup_timeout_secs = 30', 'startup_timeout_sec = 30'],
    ['startupTimeoutSec = 30', 'startup_timeout_sec = 30'],
    ['"startup-timeout-sec" = 30', 'startup_timeout_sec = 30'],
    ['startup_timeout = "30"', 'startup_timeout_sec = 30'],
    ['tool_timout_sec = 30.5 # s', 'tool_timeout_sec = 30.5 # s'],
    ['arg = "x"', 'args = ["x"]'],
    ['ags = ["x"]', 'args = ["x"]'],
    ['environment = { A = "1" }', 'env = { A = "1" }'],
    ['environment.A = "1"\nenvironment.B = "2"', 'env.A = "1"\nenv.B = "2"'],
    ['enabeld = true', 'enabled = true'],
    ['disabled = true', 'enabled = false'],
    ['allowed_tools = ["a"]', 'enabled_tools = ["a"]'],
  ];
  for (const [wrong, right] of renames) {
    assert.equal(fixed(`[mcp_servers.a]\ncommand = "x"\n${wrong}\n`), `[mcp_servers.a]\ncommand = "x"\n${right}\n`);
  }
  assert.equal(fixed('[mcp_servers.a]\ncmd = "x"\n'), '[mcp_servers.a]\ncommand = "x"\n');
  assert.equal(
    fixed('[mcp_servers.a]\ncommand = "x"\n[mcp_servers.a.environment] # c\nA = "1"\n'),
    '[mcp_servers.a]\ncommand = "x"\n[mcp_servers.a.env] # c\nA = "1"\n',
  );
  assert.equal(
    fixed('[mcp_servers.a]\nurl = "https://x"\nheaders = { A = "b" }\n'),
    '[mcp_servers.a]\nurl = "https://x"\nhttp_headers = { A = "b" }\n',
  );
});

test('where a key may mean two, both are offered', () => {
  const text = '[mcp_servers.a]\ncommand = "x"\ntimeout = 30\n';
  assert.deepEqual(
    only(text).fixes.map((fix) => fix.title),
    ['Rename to startup_timeout_sec', 'Rename to tool_timeout_sec'],
  );
  assert.match(only(text).message, /Codex does not know "timeout".*ignores it/);
});

test('a key that cannot become a known one is offered for removal, and never makes Codex refuse the file', () => {
  const removed: readonly (readonly [string, string])[] = [
    ['type = "stdio"', ''],
    ['command = "x"\ncmd = "y"', 'command = "x"\n'],
    ['command = "x"\nheaders = { A = "b" } # tail', 'command = "x"\n'],
    ['command = "x"\ntimeout = "soon"', 'command = "x"\n'],
    ['command = "x"\nzzz = 1', 'command = "x"\n'],
    ['env = {}\nenvironment = {}', 'env = {}\n'],
  ];
  for (const [wrong, right] of removed) {
    assert.equal(fixed(`[mcp_servers.a]\n${wrong}\n`), `[mcp_servers.a]\n${right}`);
  }
  assert.equal(fixed('mcp_servers.a = { type = "stdio", command = "x" }'), 'mcp_servers.a = { command = "x" }');
  assert.equal(fixed('mcp_servers.a = { command = "x", type = "stdio" }'), 'mcp_servers.a = { command = "x" }');
});

test('a wrongly named table of servers is renamed in all its headers and keys', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['[mcpServers.a]\ncommand = "x"\n[mcpServers.a.env]\nA = "1"\n', '[mcp_servers.a]\ncommand = "x"\n[mcp_servers.a.env]\nA = "1"\n'],
    ['[mcp-servers.a]\ncommand = "x"\n', '[mcp_servers.a]\ncommand = "x"\n'],
    [
      '[mcp.servers.a]\ncommand = "x"\n[ mcp . servers . b ]\nurl = "y"\n',
      '[mcp_servers.a]\ncommand = "x"\n[ mcp_servers . b ]\nurl = "y"\n',
    ],
    ['[mcp_server.a]\ncommand = "x"\n', '[mcp_servers.a]\ncommand = "x"\n'],
    ['[servers.a]\ncommand = "x"\n', '[mcp_servers.a]\ncommand = "x"\n'],
    ['"mcpServers".a.command = "x"\nmcpServers.a.args = []\n', 'mcp_servers.a.command = "x"\nmcp_servers.a.args = []\n'],
    ['mcpServers = { a = { command = "x" } }\n', 'mcp_servers = { a = { command = "x" } }\n'],
    ['[mcp_servers.b]\ncommand = "y"\n[mcpServers.a]\ncommand = "x"\n', '[mcp_servers.b]\ncommand = "y"\n[mcp_servers.a]\ncommand = "x"\n'],
  ];
  for (const [text, right] of wrong) {
    assert.deepEqual(codes(text), ['unknown-servers-table'], text);
    assert.equal(fixed(text), right);
    assert.deepEqual(codes(right), []);
  }
  assert.equal(marked('[mcp.servers.a]\ncommand = "x"\n'), 'mcp.servers');
});

test('a wrongly named table gets no fix that would define a server twice', () => {
  assert.deepEqual(only('[mcp_servers.a]\ncommand = "x"\n[mcpServers.a]\ncommand = "y"\n').fixes, []);
  assert.deepEqual(only('[mcp]\nservers.a.command = "x"\n').fixes, []);
});

test('other tables are left alone', () => {
  for (const text of [
    '[server]\nport = 1\n',
    'servers = ["a"]\n',
    '[mcp]\nx = 1\n',
    '[projects."/a"]\ntrust_level = "trusted"\n',
    '[servers]\n',
  ]) {
    assert.deepEqual(codes(text), [], text);
  }
});

test('the shared files, which Codex loads, have no finding but a gateway without a startup timeout', (t) => {
  const found = [...sharedConfigs(t)].flatMap(([file, text]) => codes(text).map((code) => `${file} ${code}`));
  assert.deepEqual(found, found.length === 0 ? [] : ['docker-gateway.toml startup-timeout-missing']);
});

test('every fix of a valid file leaves a valid file without that finding, and every rule keeps to its code', () => {
  const mistakes = fc.constantFrom(
    'startup_timeout = 5',
    'cmd = "x"',
    'environment = { A = "1" }',
    'timeout = "10"',
    'zzz = [1]',
    'type = "stdio"',
    'arg = "a"',
    'headers.A = "b"',
  );
  const broken = fc.tuple(
    configText,
    fc.array(mistakes, { maxLength: 3 }),
    fc.constantFrom('mcp_servers', 'mcpServers', 'mcp.servers', 'servers'),
  );
  fc.assert(
    fc.property(broken, ([base, lines, table]) => {
      const eol = base.includes('\r\n') ? '\r\n' : '\n';
      const text = base
        .replace(/^(\[mcp_servers\.[^\]\r\n]*\])/m, (header) => [header, ...new Set(lines)].join(eol))
        .replaceAll('mcp_servers', table);
      fc.pre(parseToml(text).errors.length === 0);
      const findings = check(text);
      for (const finding of findings) {
        for (const fix of finding.fixes) {
          const after = applyEdits(text, fix.edits);
          assert.deepEqual(parseToml(after).errors, [], `${fix.title}\n${text}\n----\n${after}`);
          const count = (all: readonly Finding[]): number =>
            all.filter((other) => other.code === finding.code && other.message === finding.message).length;
          assert.ok(count(check(after)) < count(findings), `${fix.title}\n${text}\n----\n${after}`);
        }
      }
      const known = new Set(rules.map((rule) => rule.code));
      assert.ok(findings.every((finding) => known.has(finding.code)));
    }),
    { numRuns: 1500 },
  );
});

test('any text can be checked, and a broken text gets no fix that makes it worse', () => {
  const pieces = fc.constantFrom(
    '[mcp_servers.a',
    ']',
    '\n',
    'command',
    ' = ',
    '"docker"',
    'args',
    '["mcp", "gateway", "run"]',
    '{',
    '}',
    ',',
    'timeout = 1',
    'mcpServers',
    '.',
    '[',
    '"',
    'x',
  );
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join('')),
      (text) => {
        for (const finding of check(text)) {
          assert.ok(finding.range.start <= finding.range.end && finding.range.end <= text.length);
          for (const fix of finding.fixes) {
            applyEdits(text, fix.edits);
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('a name of any length or content gives a message of one line', () => {
  for (const name of ['k'.repeat(100_000), 'a\\nb\\u0007']) {
    const [finding] = check(`[mcp_servers.a]\n"${name}" = 1\n`);
    assert.ok(finding !== undefined && finding.message.length < 300);
    assert.doesNotMatch(finding.message + (finding.fixes[0]?.title ?? ''), /\p{Cc}/u);
  }
});
