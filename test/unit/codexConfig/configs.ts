import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import * as fc from 'fast-check';
import { sharedData } from '../../support/sharedData.ts';

/** The shared configuration files, by name; none where they are absent. */
export function sharedConfigs(t: TestContext): ReadonlyMap<string, string> {
  const folder = sharedData(t, 'configs');
  return new Map((folder === undefined ? [] : readdirSync(folder)).map((file) => [file, readFileSync(join(folder ?? '', file), 'utf8')]));
}

const values: Readonly<Record<string, readonly string[]>> = {
  command: ['"npx"', "'docker'", '"docker"', '"""docker"""'],
  args: [
    '["mcp", "gateway", "run"]',
    "[ 'mcp' ]",
    '[]',
    '[\n  "mcp",   # first\n  # "--verbose",\n  "x",\n]',
    '["mcp"\n, "y"\n]',
    '["a", "run",]',
    '["a",\n "b" # last\n]',
  ],
  startup_timeout_sec: ['20', '60', '60.0', '1_0'],
  tool_timeout_sec: ['300', '3e2'],
  default_tools_approval_mode: ['"approve"', '"auto"'],
  enabled: ['true'],
  enabled_tools: ['["a", "b"] # both'],
};
const envValues = ['"v"', "'C:\\x'", '""'];
const inlineEnvs = [
  '{ A = "1" }',
  '{}',
  '{ }',
  '{A="1",B="2"}',
  '{\n  A = "1",\n  B = "2" # last\n}',
  '{\n  A = "1", # one\n}',
  '{ A = "1", }',
];

const serverNames = ['MCP_DOCKER', '"my.server"', 'other', "'MCP_DOCKER'", '"MCP_DOCKER"'] as const;
const comment = fc.constantFrom('', '', '\n', '# note\n', '\n# note\n', '\n\n', '# ---------\n', '   # indented\n');
const tail = fc.constantFrom('', '', ' # tail', '   ');
const equals = fc.constantFrom(' = ', '=', '  =  ', '\t= ');

const pairs = fc
  .subarray(Object.keys(values))
  .chain((keys) => fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), fc.constantFrom(...(values[key] ?? [])), equals, tail))));
type Pair = readonly [string, string, string, string];
const envPairs = fc.uniqueArray(fc.tuple(fc.constantFrom('A', 'B', '"C.D"', 'WHARF_HOME'), fc.constantFrom(...envValues)), {
  maxLength: 3,
  selector: ([key]) => key,
});
const env = fc.oneof(
  fc.constant({ kind: 'none' as const }),
  fc.constantFrom(...inlineEnvs).map((text) => ({ kind: 'inline' as const, text })),
  envPairs.filter((found) => found.length > 0).map((found) => ({ kind: 'keys' as const, found })),
);
type Env = typeof env extends fc.Arbitrary<infer T> ? T : never;

function lines(prefix: string, found: readonly Pair[]): string {
  return found.map(([key, value, sign, end]) => `${prefix}${key}${sign}${value}${end}\n`).join('');
}

function asTable(name: string, found: readonly Pair[], vars: Env, indent: string, envFirst: boolean): string {
  const inline = vars.kind === 'inline' ? `${indent}env = ${vars.text}\n` : '';
  const table = `[mcp_servers.${name}]\n${lines(indent, found)}${inline}`;
  const sub =
    vars.kind === 'keys' ? `[mcp_servers.${name}.env]\n${vars.found.map(([key, value]) => `${indent}${key} = ${value}\n`).join('')}` : '';
  return envFirst ? `${sub}\n${table}` : `${table}\n${sub}`;
}

function asDotted(prefix: string, found: readonly Pair[], vars: Env): string {
  const inline = vars.kind === 'inline' ? `${prefix}.env = ${vars.text}\n` : '';
  const sub = vars.kind === 'keys' ? vars.found.map(([key, value]) => `${prefix} . env.${key} = ${value}\n`).join('') : '';
  return found.length === 0 ? `${prefix}.enabled = true\n${inline}${sub}` : `${lines(`${prefix}.`, found)}${inline}${sub}`;
}

function asInline(found: readonly Pair[], vars: Env, multiline: boolean): string {
  const fields = found.map(([key, value]) => `${key} = ${value}`);
  if (vars.kind !== 'none') {
    fields.push(vars.kind === 'inline' ? `env = ${vars.text}` : vars.found.map(([key, value]) => `env.${key} = ${value}`).join(', '));
  }
  return multiline ? `{\n${fields.map((field) => `  ${field},\n`).join('')}}` : `{ ${fields.join(', ')} }`;
}

interface ServerShape {
  readonly name: string;
  readonly found: readonly Pair[];
  readonly vars: Env;
  readonly style: 'table' | 'dotted' | 'inline' | 'wide inline' | 'implied';
  readonly above: string;
  readonly envFirst: boolean;
  readonly indent: string;
}

const server: fc.Arbitrary<ServerShape> = fc.record({
  name: fc.constantFrom(...serverNames),
  found: pairs,
  vars: env,
  style: fc.constantFrom(
    'table' as const,
    'table' as const,
    'dotted' as const,
    'inline' as const,
    'wide inline' as const,
    'implied' as const,
  ),
  above: comment,
  envFirst: fc.boolean(),
  indent: fc.constantFrom('', '', '  ', '\t'),
});

function render(servers: readonly ServerShape[], layout: 'top' | 'under header' | 'one inline', rest: string): string {
  const path = layout === 'top' ? 'mcp_servers.' : '';
  let keys = '';
  let tables = '';
  for (const { name, found, vars, style, above, envFirst, indent } of servers) {
    if (style === 'dotted') {
      keys += above + asDotted(path + name, found, vars);
    } else if (style === 'inline' || style === 'wide inline') {
      keys += `${above}${path}${name} = ${asInline(found, vars, style === 'wide inline')}\n`;
    } else if (style === 'implied') {
      tables += `${above}[mcp_servers.${name}.tools.t]\napproval_mode = "prompt"\n`;
    } else {
      tables += above + asTable(name, found, vars, indent, envFirst);
    }
  }
  return layout === 'top' ? `model = "x" # m\n${keys}${tables}${rest}` : `${rest}[mcp_servers]\n${keys}${tables}`;
}

const rests = fc.constantFrom(
  '',
  '\n[tui]\nnotifications = true   # bell\n',
  '[projects."/a b"]\ntrust_level = "trusted"\n\n# end\n',
  '# end of file\n\n',
  '[[list]]\nx = 1\n',
  'x.y = 1\n',
);

/** Configuration files with servers in every style that TOML has; some define the server MCP_DOCKER. Not all are valid. */
export const configText: fc.Arbitrary<string> = fc
  .record({
    servers: fc.uniqueArray(server, { maxLength: 3, selector: ({ name }) => name.replace(/["']/g, '') }),
    layout: fc.constantFrom('top' as const, 'top' as const, 'under header' as const),
    rest: rests,
    eol: fc.constantFrom('\n', '\n', '\r\n'),
    bom: fc.boolean(),
    end: fc.constantFrom('', '', 'cut', '\n', '  '),
  })
  .map(({ servers, layout, rest, eol, bom, end }) => {
    const text = render(
      servers,
      layout,
      layout === 'top' && rest.startsWith('x') ? '' : rest.startsWith('#') && layout !== 'top' ? '' : rest,
    );
    const ended = end === 'cut' ? text.replace(/\n+$/, '') : text + end;
    return (bom ? '\uFEFF' : '') + ended.replaceAll('\n', eol);
  });

/** Files without any server, down to the empty one. */
export const bareText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    '\uFEFF',
    '\n',
    '  ',
    '\r\n',
    '# only a comment',
    'a = 1',
    'a = 1\n',
    'a = 1\n\n',
    'a = 1\r\n',
    '\n\n\n',
    'a = 1\n\n\n',
    '[t]\n',
    'mcp_servers = {}',
    'mcp_servers = { }\n',
    'mcp_servers = {  }\n',
    'mcp_servers = { a = { command = "x" } }',
    'mcp_servers = { a.command = "x", }\n',
    'mcp_servers = {\n  a.command = "x", # c\n}\n',
    'mcp_servers = {\n  a.command = "x" # c\n}\n',
    '[mcp_servers]\n',
    '[mcp_servers]',
  ),
  configText.filter((text) => !text.includes('MCP_DOCKER')),
);

export const gatewayEntries = fc.record({
  transport: fc.constant('stdio' as const),
  name: fc.constantFrom('MCP_DOCKER', 'MCP_DOCKER', 'MCP_DOCKER', 'my.server', 'with "quotes"'),
  command: fc.constantFrom('docker', '/home/you/.local/share/wharf/wharf', 'C:\\Program Files\\wharf\\wharf.cmd'),
  args: fc.array(fc.constantFrom('mcp', 'gateway', 'run', '--profile', 'dev', 'x', '', "it's", 'a\tb\n"c"\u0001\u007f'), { maxLength: 5 }),
  env: fc.dictionary(fc.constantFrom('A', 'B', 'WHARF_HOME', 'DOCKER_HOST', 'C.D'), fc.constantFrom('1', '/x/y', 'C:\\y', 'é"')),
  startupTimeoutSec: fc.constantFrom(60, 120, 0.5, 1000),
  toolTimeoutSec: fc.constantFrom(300, 3600, 12.25),
  approval: fc.constantFrom(null, 'auto' as const, 'prompt' as const, 'approve' as const),
});
