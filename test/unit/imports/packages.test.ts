import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { readCatalogue } from '../../../src/core/catalog/readCatalogue.ts';
import type { CatalogEntry } from '../../../src/core/catalog/entry.ts';
import { packageReference, parsePackageCommand } from '../../../src/core/imports/packageCommand.ts';
import { neededSecrets } from '../../../src/core/imports/report.ts';
import { sharedData } from '../../support/sharedData.ts';
import { catalogues, importOne, importText, leftOf, serverOf, whyLeft } from './imported.ts';

test('every way to run a package of a registry names the same package; what is not from there names none', () => {
  const cases: readonly (readonly [line: string, reference: string | undefined, args?: string])[] = [
    ['npx -y @modelcontextprotocol/server-filesystem /tmp', 'npx://@modelcontextprotocol/server-filesystem', '/tmp'],
    ['npx --yes @playwright/mcp@0.0.41 --headless', 'npx://@playwright/mcp@0.0.41', '--headless'],
    ['npx @playwright/mcp@latest', 'npx://@playwright/mcp'],
    ['npx -y tavily-mcp@0.2', 'npx://tavily-mcp@0.2'],
    ['npx -y -- exa-mcp-server@1.0.0-beta.2 x', 'npx://exa-mcp-server@1.0.0-beta.2', 'x'],
    ['npx -p @scope/tools@2.0.0 serve --port 1', 'npx://@scope/tools@2.0.0', '--port 1'],
    ['npx --package=@scope/tools serve', 'npx://@scope/tools'],
    ['npm exec -y firecrawl-mcp', 'npx://firecrawl-mcp'],
    ['pnpm dlx firecrawl-mcp@1.2.3', 'npx://firecrawl-mcp@1.2.3'],
    ['yarn dlx firecrawl-mcp', 'npx://firecrawl-mcp'],
    ['bunx firecrawl-mcp', 'npx://firecrawl-mcp'],
    ['C:\\nodejs\\npx.cmd -y firecrawl-mcp', 'npx://firecrawl-mcp'],
    ['uvx mcp-server-fetch', 'uvx://mcp-server-fetch'],
    ['/home/you/.local/bin/uvx mcp-server-git==2025.1.14 --repository .', 'uvx://mcp-server-git@2025.1.14', '--repository .'],
    ['uvx mcp-server-time@0.6.2', 'uvx://mcp-server-time@0.6.2'],
    ['uvx --from awslabs.core-mcp-server@latest awslabs.core-mcp-server.exe', 'uvx://awslabs.core-mcp-server'],
    ['uvx --python 3.12 --from mcp-proxy[http]==0.8 mcp-proxy x', 'uvx://mcp-proxy@0.8', 'x'],
    ['uv tool run ruff-mcp', 'uvx://ruff-mcp'],
    ['pipx run --spec duckduckgo-mcp-server==0.1.1 duckduckgo-mcp-server', 'uvx://duckduckgo-mcp-server@0.1.1'],
    ['npx -c "evil"', undefined],
    ['npx github:someone/server', undefined],
    ['npx ./server', undefined],
    ['npx https://example.com/server.tgz', undefined],
    ['npx file:../server', undefined],
    ['npx', undefined],
    ['uvx --from git+https://github.com/x/y serve', undefined],
    ['uv --directory /srv run main.py', undefined],
    ['uv run server.py', undefined],
    ['npm start', undefined],
    ['node server.js', undefined],
    ['python -m mcp_server', undefined],
  ];
  for (const [line, reference, args = ''] of cases) {
    const [command = '', ...words] = line.split(' ');
    const found = parsePackageCommand(command, words);
    assert.equal(found && packageReference(found), reference, line);
    assert.equal(found?.args.join(' ') ?? '', args, line);
  }
});

test('a package that nothing is known for is named by the reference that adds it, and what it would lose is listed', () => {
  const imported = importOne({
    command: 'npx',
    args: ['-y', 'some-mcp@1.2.3', '--region', 'eu', '--registry', 'x'],
    env: { SOME_API_KEY: '${SOME_API_KEY}', LEVEL: 'debug' },
  });
  assert.deepEqual(imported.outcome, { kind: 'package', reference: 'npx://some-mcp@1.2.3' });
  assert.match(imported.next.join('\n'), /--build[^]*wharf profile server add dev --server npx:\/\/some-mcp@1\.2\.3$/);
  assert.deepEqual([...neededSecrets([imported])], [['it.SOME_API_KEY', null]]);
  assert.match(leftOf(imported), /SOME_API_KEY: .*\nLEVEL: .*\nits arguments, --region eu --registry x: /);
});

/** As Docker's catalogue has it. */
const brave: CatalogEntry = {
  kind: 'image',
  name: 'brave',
  title: 'Brave Search',
  description: '',
  tools: [],
  image: `mcp/brave-search@sha256:${'a'.repeat(64)}`,
  server: {
    name: 'brave',
    type: 'server',
    image: `mcp/brave-search@sha256:${'a'.repeat(64)}`,
    secrets: [{ name: 'brave.api_key', env: 'BRAVE_API_KEY' }],
    env: [{ name: 'BRAVE_MCP_TRANSPORT', value: 'stdio' }],
  },
};

test('a package whose container the catalogue has becomes that container, with the secret under the name that the catalogue chose', () => {
  const known = { catalogues: catalogues(brave) };
  const server = {
    command: 'npx',
    args: ['-y', '@modelcontextprotocol/server-brave-search', '--x'],
    env: { BRAVE_API_KEY: '${KEY}', MORE: '1' },
  };
  const imported = importOne(server, known);
  assert.deepEqual(imported.outcome.kind === 'container' && imported.outcome.entry, {
    name: 'brave',
    catalog_ref: 'team/catalog:1',
    wharf: { alias: 'it' },
    env: [{ name: 'MORE', value: '1' }],
  });
  const image = serverOf(imported, known);
  assert.ok(image.kind === 'image');
  assert.deepEqual([image.name, image.image, image.share], ['it', brave.image, 'user']);
  assert.deepEqual(
    image.secrets.map(({ env, reference }) => [env, reference]),
    [['BRAVE_API_KEY', 'secret://brave.api_key']],
  );
  assert.deepEqual([...neededSecrets([imported])], [['brave.api_key', null]]);
  assert.match(leftOf(imported), /its arguments, --x: /);
  // Before --native, since a container is better than none.
  assert.equal(importOne(server, { ...known, mayBeNative: true }).outcome.kind, 'container');
});

/** As Docker's catalogue has them. */
function withPaths(name: string, more: Readonly<Record<string, unknown>> = {}): CatalogEntry {
  const image = `mcp/${name}@sha256:${'a'.repeat(64)}`;
  const config = [{ name, type: 'object', properties: { paths: { type: 'array', items: { type: 'string' } } }, required: ['paths'] }];
  const server = { name, type: 'server', image, volumes: [`{{${name}.paths|volume|into}}`], config, ...more };
  return { kind: 'image', name, title: '', description: '', tools: [], image, server };
}

test('folders among the arguments of a known package become its configuration, and what keeps it from starting is said', () => {
  const filesystem = withPaths('filesystem', { command: ['{{filesystem.paths|volume-target|into}}'] });
  const known = { catalogues: catalogues(filesystem, withPaths('git')) };
  const run = (command: string, ...args: readonly string[]) => importOne({ command, args }, known);
  const files = run(
    'npx',
    '-y',
    '@modelcontextprotocol/server-filesystem',
    '/srv/docs',
    '${HOME}/docs',
    '${workspaceFolder}',
    '~/.ssh',
    '--x',
  );
  const server = serverOf(files, known);
  assert.ok(server.kind === 'image');
  assert.deepEqual(server.command, ['/srv/docs', '~/docs', '${workspace}']);
  assert.deepEqual(server.missingConfig, []);
  assert.match(leftOf(files), /its folder ~\/\.ssh: .*place for credentials[^]*changes in its folders: [^]*its arguments, --x: /);
  for (const args of [['--repository', '.'], ['--repository=${workspaceFolder}'], ['-r', '${workspaceFolder}']]) {
    const git = run('uvx', 'mcp-server-git', ...args);
    assert.deepEqual(git.outcome.kind === 'container' && git.outcome.entry['config'], { paths: ['${workspace}'] });
    assert.deepEqual(git.next, []);
  }
  for (const args of [[], ['${SOMEWHERE}/docs']]) {
    const none = run('npx', '-y', '@modelcontextprotocol/server-filesystem', ...args);
    assert.deepEqual(none.next, [`It does not start before "paths" has a value: wharf profile config dev --set 'it.paths=["VALUE"]'`]);
  }
});

test('an entry of the same name with another image is not taken for the package', () => {
  const other = { ...brave, image: 'evil/brave-search:1', server: { ...brave.server, image: 'evil/brave-search:1' } };
  const imported = importOne(
    { command: 'npx', args: ['-y', '@modelcontextprotocol/server-brave-search'] },
    { catalogues: catalogues(other) },
  );
  assert.equal(imported.outcome.kind, 'package');
});

test("the names that are known are those of Docker's catalogue", (t) => {
  const file = sharedData(t, 'mcp-registry/catalog-v3.yaml');
  if (file === undefined) {
    return;
  }
  const read = readCatalogue(readFileSync(file, 'utf8'), file);
  assert.ok(read.ok);
  const all = { catalogues: catalogues(...read.value.entries) };
  const packages = [
    ['npx', '@playwright/mcp@latest'],
    ['npx', '@modelcontextprotocol/server-filesystem'],
    ['npx', '@modelcontextprotocol/server-sequential-thinking'],
    ['npx', '@notionhq/notion-mcp-server'],
    ['npx', 'tavily-mcp@0.1.4'],
    ['npx', 'firecrawl-mcp'],
    ['npx', 'mongodb-mcp-server'],
    ['uvx', 'mcp-server-fetch'],
    ['uvx', 'mcp-server-git'],
    ['uvx', 'awslabs.aws-documentation-mcp-server@latest'],
  ] as const;
  for (const [command, name] of packages) {
    const imported = importOne({ command, args: [name] }, all);
    assert.equal(imported.outcome.kind, 'container', `${name}: ${JSON.stringify(imported)}`);
  }
});

test('another program is left where it is, or goes on running as the user when that was agreed to', () => {
  const server = {
    command: '/opt/tools/server',
    args: ['--root', '${HOME}/data'],
    env: { TOKEN: '${TOKEN}', MODE: 'fast', MIXED: 'a-${B}', PLACE: '${userHome}/x' },
    cwd: '/srv/app',
  };
  const left = importOne(server);
  assert.equal(whyLeft(left), 'no container is known for the program "server"');
  assert.match(left.next.join(), /--native/);
  const imported = importOne(server, { mayBeNative: true });
  const native = serverOf(imported);
  assert.ok(native.kind === 'native');
  assert.deepEqual([native.command, native.args, native.cwd], ['/opt/tools/server', ['--root', '/home/you/data'], '/srv/app']);
  assert.deepEqual(native.env, { MODE: 'fast', PLACE: '/home/you/x' });
  assert.deepEqual(native.secrets, [{ env: 'TOKEN', reference: 'secret://it.TOKEN', as: 'env' }]);
  assert.match(leftOf(imported), /MIXED: a variable of a native server is a value or one whole reference/);
  for (const [args, why] of [
    [['./server.py'], undefined],
    [['--config', '${workspaceFolder}/x'], /\$\{workspace\}\/x has a placeholder/],
    [['--api-key', ['k9f8e7d6c5b', '4a39281706'].join('')], /one of its arguments is a secret/],
  ] as const) {
    const one = importOne({ command: 'python', args }, { mayBeNative: true });
    if (why === undefined) {
      assert.match(leftOf(one), /the folder that it runs in: it was the project/);
    } else {
      assert.match(whyLeft(one), why);
    }
  }
  assert.match(whyLeft(importOne({ command: './run.sh' }, { mayBeNative: true })), /neither a name nor an absolute path/);
});

test('of two servers with one name the first is taken, and none that the profile has already', () => {
  assert.equal(whyLeft(importOne({ url: 'https://a.example/mcp' }, { taken: ['it'] })), 'the profile has a server "it" already');
});

test('what Codex goes on starting by itself is said, and of two files the first goes before', () => {
  const [first] = importText('codex', '[mcp_servers.x]\nurl = "https://a.example/mcp"\n');
  assert.ok(first?.next.some((line) => line === 'Take [mcp_servers.x] out of config.toml, or Codex starts it as well.'));
  const [, second] = importText(
    'cursor',
    JSON.stringify({ mcpServers: { 'a b': { url: 'https://a.example/mcp' }, 'a-b': { url: 'https://b.example/mcp' } } }),
  );
  assert.ok(second !== undefined);
  assert.equal(whyLeft(second), 'the one of the same name in mcp.json goes before it');
});

test('a package that was made an image keeps its arguments, its variables and its choice of tools', () => {
  const image = `wharf/package-some-mcp@sha256:${'c'.repeat(64)}`;
  const server = { name: 'some-mcp', type: 'server', image, longLived: true, package: { reference: 'npx://some-mcp@1.2.3' } };
  const entry: CatalogEntry = { kind: 'image', name: 'some-mcp', title: '', description: '', tools: [], image, server };
  const built = new Map([['npx://some-mcp@1.2.3', { entry, catalogRef: null, registrySource: null }]]);
  const imported = importOne(
    { command: 'npx', args: ['-y', 'some-mcp@1.2.3', '--root', '/srv/data'], env: { API_KEY: '${API_KEY}', LEVEL: 'debug' } },
    { built },
  );
  const made = serverOf(imported);
  assert.ok(made.kind === 'image');
  assert.deepEqual([made.name, made.image, made.command, made.share], ['it', image, ['--root', '/srv/data'], 'session']);
  assert.deepEqual(made.env, { LEVEL: 'debug' });
  assert.deepEqual(
    made.secrets.map(({ env, reference }) => [env, reference]),
    [['API_KEY', 'secret://it.API_KEY']],
  );
  assert.match(leftOf(imported), /folders of its arguments: /);
  const other = importOne({ command: 'npx', args: ['-p', 'some-mcp@1.2.3', 'other-program'] }, { built });
  assert.match(leftOf(other), /its program other-program: /);
  assert.match(
    whyLeft(importOne({ command: 'npx', args: ['some-mcp@1.2.3', '--root', '${workspaceFolder}'] }, { built })),
    /has a placeholder/,
  );
});
