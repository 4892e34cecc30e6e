import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { createCatalog, type CreateOptions } from '../../../src/cli/catalog/create.ts';
import { listCatalogs } from '../../../src/cli/catalog/list.ts';
import { pullCatalogs } from '../../../src/cli/catalog/pull.ts';
import { searchCatalogs } from '../../../src/cli/catalog/search.ts';
import { addServersTo, inspectServer, listServers, removeServersFrom } from '../../../src/cli/catalog/servers.ts';
import { showCatalog } from '../../../src/cli/catalog/show.ts';
import { removeCatalog, tagCatalog } from '../../../src/cli/catalog/tagRemove.ts';
import type { Locations } from '../../../src/node/locations.ts';
import { userProfilesFolder } from '../../../src/node/profileFolders.ts';
import { temporaryFolder } from '../node/folders.ts';
import { documentServer, legacy, places, said, storedNames } from './places.ts';

const none: CreateOptions = { server: [], exclude: [] };

function create(t: TestContext, locations: Locations, ref: string, options: Partial<CreateOptions>) {
  return said(t, () => createCatalog(locations, ref, { ...none, ...options }));
}

async function json(t: TestContext, run: () => Promise<number>): Promise<unknown> {
  const { code, text } = await said(t, run);
  assert.equal(code, 0, text);
  return JSON.parse(text);
}

/** A file with two servers, as the argument of `--server`. */
function fileOf(t: TestContext, ...names: readonly string[]): string {
  const path = join(temporaryFolder(t), 'servers.yaml');
  writeFileSync(path, legacy(...names));
  return path;
}

test("a catalogue is made of servers, listed, shown and searched in Docker's shapes", async (t) => {
  const locations = places(t);
  const server = `file://${fileOf(t, 'git', 'fetch')}`;
  const dry = await create(t, locations, 'team/catalog:1', { title: 'Team', server: [server], dryRun: true });
  assert.deepEqual([dry.text, storedNames(locations)], ['Would create catalog team/catalog:1 with 2 servers: git, fetch\n', []]);
  const made = await create(t, locations, 'team/catalog:1', { title: 'Team', server: [server, 'https://mcp.example.com/mcp'] });
  assert.deepEqual(made, { code: 0, text: 'Catalog team/catalog:1 created\n' });

  const [listed, builtIn] = (await json(t, () => listCatalogs(locations, 'json'))) as Readonly<Record<string, unknown>>[];
  const { digest, ...rest } = listed ?? {};
  assert.match(String(digest), /^[0-9a-f]{64}$/);
  assert.deepEqual(rest, {
    ref: 'team/catalog:1',
    title: 'Team',
    source: 'user:cli',
    checkedAt: null,
    servers: 3,
    skipped: 0,
    problem: null,
  });
  assert.equal(builtIn?.['ref'], 'builtin');
  const human = await said(t, () => listCatalogs(locations, 'human'));
  assert.ok(human.text.startsWith(`Reference | Digest | Title | Source | Age | Servers\nteam/catalog:1\t| ${String(digest)}\t| Team\t| `));

  const shown = (await json(t, () => showCatalog(locations, 'team/catalog:1', 'never', 'json'))) as Readonly<Record<string, unknown>>;
  assert.deepEqual(Object.keys(shown), ['ref', 'source', 'title', 'servers', 'digest']);
  const [first] = shown['servers'] as Readonly<Record<string, unknown>>[];
  assert.deepEqual([first?.['type'], first?.['image']], ['image', 'mcp/git:1']);
  const servers = (await json(t, () => listServers(locations, 'team/catalog:1', ['name=FET'], 'json'))) as Readonly<
    Record<string, unknown>
  >;
  assert.deepEqual([Object.keys(servers), (servers['servers'] as readonly unknown[]).length], [['catalog', 'servers', 'title'], 1]);
  const one = (await json(t, () => inspectServer(locations, 'team/catalog:1', 'git', 'json'))) as Readonly<Record<string, unknown>>;
  assert.deepEqual([one['name'], one['image'], one['title']], ['git', 'mcp/git:1', 'The git']);
  assert.match(
    (await said(t, () => inspectServer(locations, 'team/catalog:1', 'gti', 'human'))).text,
    /WHARF_CATALOG_SERVER_UNKNOWN.*"git"/,
  );

  const found = (await json(t, () => searchCatalogs(locations, 'fetch things', 5, 'json'))) as {
    readonly servers: Readonly<Record<string, unknown>>[];
  };
  const { description, ...best } = found.servers[0] ?? {};
  assert.equal(description, 'Does fetch things');
  assert.deepEqual(best, {
    name: 'fetch',
    title: 'The fetch',
    catalog: 'team/catalog:1',
    alsoIn: [],
    reference: 'catalog://team/catalog:1/fetch',
    kind: 'container',
    needs: '',
    network: 'open',
    tools: 0,
    approved: true,
  });
  assert.match((await said(t, () => searchCatalogs(locations, 'zzzz', 5, 'human'))).text, /No server has these words/);
});

test('servers of a catalogue are added and removed, and catalogues tagged and removed, in words that Docker prints', async (t) => {
  const locations = places(t);
  await create(t, locations, 'team/catalog', { title: 'Team', server: [`file://${fileOf(t, 'git', 'fetch')}`] });
  const text = async (run: () => Promise<number>) => (await said(t, run)).text;
  assert.equal(
    await text(() => addServersTo(locations, 'team/catalog', [`file://${fileOf(t, 'fetch', 'time')}`], false)),
    'Replaced server fetch in catalog team/catalog:latest\nAdded 2 server(s) to catalog team/catalog:latest (replaced 1)\n',
  );
  assert.equal(
    await text(() => removeServersFrom(locations, 'team/catalog', ['git', 'time'], false)),
    'Removed 2 server(s) from catalog team/catalog:latest\n',
  );
  assert.equal(
    await text(() => tagCatalog(locations, 'team/catalog', 'team/catalog:2', false)),
    'Tagged team/catalog:latest as team/catalog:2\n',
  );
  assert.equal(await text(() => removeCatalog(locations, 'team/catalog', true)), 'Would remove catalog team/catalog:latest\n');
  assert.equal(await text(() => removeCatalog(locations, 'team/catalog', false)), 'Removed catalog team/catalog:latest\n');
  assert.match(await text(() => removeCatalog(locations, 'team/catalog', false)), /WHARF_CATALOG_UNKNOWN.*team\/catalog:2/);
  assert.match(await text(() => removeCatalog(locations, 'builtin', false)), /WHARF_CATALOG_BUILT_IN/);
});

const profile = `version: 1
id: dev
name: Dev Tools
servers:
  - image: mcp/git:1
    tools: [status]
    config: { path: /home/you/private }
    snapshot: { server: { name: git, type: server, image: mcp/git:1, title: Git } }
  - name: local
    wharf: { native: { command: node } }
  - type: remote
    endpoint: https://mcp.example.com/mcp
`;

function writeProfile(locations: Locations, text: string): void {
  mkdirSync(userProfilesFolder(locations), { recursive: true });
  writeFileSync(join(userProfilesFolder(locations), 'dev.yaml'), text);
}

test('a catalogue of a profile says what its servers are, and nothing that its user chose for them', async (t) => {
  const locations = places(t);
  writeProfile(locations, profile);
  const made = await create(t, locations, 'team/dev', { fromProfile: 'dev' });
  assert.equal(made.code, 0, made.text);
  assert.match(made.text, /"local" is left out: it is a program of this computer/);
  const shown = (await json(t, () => showCatalog(locations, 'team/dev', 'never', 'json'))) as Readonly<Record<string, unknown>>;
  assert.deepEqual([shown['title'], shown['source']], ['Dev Tools', 'profile:dev']);
  const text = JSON.stringify(shown);
  assert.ok(!text.includes('private') && text.includes('"tools":["status"]') && text.includes('mcp.example.com'), text);
});

test('what of a profile is not in its catalogue, or goes by another name there, is said, and what is there is counted', async (t) => {
  const locations = places(t);
  writeProfile(
    locations,
    `${profile}  - { catalog_ref: builtin, name: demo }
  - { image: mcp/git:2, wharf: { alias: second }, snapshot: { server: { name: git, type: server, image: mcp/git:2 } } }
  - { image: mcp/time:1, wharf: { alias: clock }, snapshot: { server: { name: time, type: server, image: mcp/time:1 } } }
`,
  );
  const { code, text } = await create(t, locations, 'team/dev', { fromProfile: 'dev' });
  assert.equal(code, 0, text);
  for (const words of [/"demo" is left out: it is a part of Wharf/, /"second" is left out: "git" is there/, /"clock" .* is "time" in/]) {
    assert.match(text, words);
  }
  assert.match(text, /has 3 servers\.\nCatalog team\/dev:latest created\n$/);
  const [listed] = (await json(t, () => listCatalogs(locations, 'json'))) as Readonly<Record<string, unknown>>[];
  assert.deepEqual([listed?.['servers'], listed?.['skipped']], [3, 3]);
  const builtIn = await said(t, () => addServersTo(locations, 'team/dev', ['catalog://builtin/demo'], false));
  assert.deepEqual([builtIn.code, /"demo" is left out/.test(builtIn.text)], [2, true], builtIn.text);
});

test('how many tools a server has is not said where its catalogue does not', async (t) => {
  const locations = places(t);
  await create(t, locations, 'team/x', { title: 'X', server: [`file://${fileOf(t, 'git')}`] });
  const { text } = await said(t, () => listServers(locations, 'team/x', [], 'human'));
  assert.match(text, /^git +container +open +The git$/m);
});

test('a profile that holds a secret itself is made into no catalogue', async (t) => {
  const locations = places(t);
  const value = ['hunter', 'two', '7f3a9c'].join('-');
  writeProfile(locations, profile.replace('title: Git', `env: [{ name: API_TOKEN, value: ${value} }]`));
  const { code, text } = await create(t, locations, 'team/dev', { fromProfile: 'dev' });
  assert.equal(code, 2);
  assert.match(text, /dev\.yaml:8:\d+.*WHARF_LITERAL_SECRET/s);
  assert.ok(!text.includes(value));
  assert.deepEqual(storedNames(locations), []);
});

test('a catalogue is made of another one, without what is excluded', async (t) => {
  const locations = places(t);
  const server = await documentServer(t, ({ url = '' }, response) => {
    const community = {
      servers: ['one', 'two'].map((name) => ({
        server: { name: `io.test/${name}`, version: '1.0.0', remotes: [{ type: 'sse', url: `https://${name}.example/sse` }] },
      })),
    };
    response.end(url.startsWith('/v0/servers') ? JSON.stringify(community) : legacy('a', 'b'));
  });
  const old = await create(t, locations, 'team/old', { fromLegacyCatalog: `${server.origin}/c.yaml`, exclude: ['b'] });
  assert.equal(old.text, 'Catalog team/old:latest created\n');
  const fresh = await create(t, locations, 'team/community', { fromCommunityRegistry: server.host, exclude: ['io-test-two'] });
  assert.match(fresh.text, /^wharf: Nobody has reviewed .*\nCatalog team\/community:latest created\n$/);
  const rows = (await json(t, () => listCatalogs(locations, 'json'))) as Readonly<Record<string, unknown>>[];
  assert.deepEqual(
    rows.slice(0, 2).map(({ source, servers, title }) => [source, servers, title]),
    [
      [`legacy-catalog:${server.origin}/c.yaml`, 1, 'Test Catalog'],
      [`registry:${server.host}`, 1, server.host],
    ],
  );
});

test('what a command does not understand is said, and nothing is written', async (t) => {
  const locations = places(t);
  for (const [ref, options, code] of [
    ['team/x', {}, 'WHARF_USAGE'],
    ['team/x', { server: ['https://mcp.example.com/mcp'] }, 'WHARF_USAGE'],
    ['team/x;id', { title: 'x', server: ['https://mcp.example.com/mcp'] }, 'WHARF_CATALOG_REFERENCE'],
    ['https://x.example/c', { title: 'x', server: ['https://mcp.example.com/mcp'] }, 'WHARF_CATALOG_REFERENCE'],
    ['team/x', { title: 'x', server: ['catalog://none'] }, 'WHARF_SERVER_REFERENCE'],
    ['team/x', { fromLegacyCatalog: 'team/y' }, 'WHARF_CATALOG_REFERENCE'],
    ['team/x', { fromCommunityRegistry: './path' }, 'WHARF_CATALOG_REFERENCE'],
    ['team/x', { fromProfile: 'nobody' }, 'WHARF_PROFILE_NOT_FOUND'],
  ] as const) {
    const { code: ended, text } = await create(t, locations, ref, options);
    assert.deepEqual([ended, /\((WHARF_\w+)\)/.exec(text)?.[1]], [2, code], text);
  }
  // The same sentence is said once only.
  assert.equal((await create(t, locations, 'team/x', { fromProfile: 'a', fromLegacyCatalog: 'b' })).code, 2);
  assert.match((await said(t, () => showCatalog(locations, 'team/x', 'sometimes', 'human'))).text, /WHARF_USAGE/);
  assert.deepEqual(storedNames(locations), []);
});

test('"show --pull" fetches what is due, and shows what is here where that fails', async (t) => {
  const locations = places(t);
  let isUp = true;
  const server = await documentServer(t, (_request, response) => (isUp ? response.end(legacy('a')) : response.writeHead(404).end()));
  const ref = `${server.origin}/c.yaml`;
  assert.match((await said(t, () => showCatalog(locations, ref, 'never', 'human'))).text, /WHARF_CATALOG_UNKNOWN/);
  assert.match(
    (await said(t, () => showCatalog(locations, ref, 'missing', 'human'))).text,
    /Test Catalog.*current.*a +container +open +The a/s,
  );
  await said(t, () => showCatalog(locations, ref, 'initial+exists@6h', 'human'));
  assert.equal(server.asked.length, 1);
  isUp = false;
  const { code, text } = await said(t, () => showCatalog(locations, ref, 'always', 'human'));
  assert.equal(code, 0);
  assert.match(text, /WHARF_CATALOG_FETCH.*Test Catalog/s);
});

test('"pull" without a name renews all that come from somewhere, and those that the list names', async (t) => {
  const locations = places(t);
  const server = await documentServer(t, (_request, response) => response.end(legacy('a')));
  await create(t, locations, 'team/mine', { title: 'Mine', server: [`file://${fileOf(t, 'git')}`] });
  mkdirSync(locations.configFolder, { recursive: true });
  writeFileSync(join(locations.configFolder, 'catalogs.yaml'), `sources:\n  - url: ${server.origin}/c.yaml\n`);
  const listed = await said(t, () => listCatalogs(locations, 'human'));
  assert.match(listed.text, /c\.yaml\t\| \t\| not fetched yet/);
  const passedOver = 'wharf: team/mine:latest was made on this computer, so it is passed over.\n';
  const dry = await said(t, () => pullCatalogs(locations, undefined, undefined, true));
  assert.equal(dry.text, `Would pull catalog ${server.origin}/c.yaml with 1 server\n${passedOver}`);
  const pulled = await said(t, () => pullCatalogs(locations, undefined, undefined, false));
  assert.deepEqual(pulled, { code: 0, text: `Catalog ${server.origin}/c.yaml pulled\nwharf: It has 1 server.\n${passedOver}` });
  assert.equal(storedNames(locations).length, 2);
});

test('names and titles of strangers cannot move the cursor of a terminal', async (t) => {
  const locations = places(t);
  const path = join(temporaryFolder(t), 'c.yaml');
  writeFileSync(
    path,
    'displayName: "Evil\\e[2J\\ntitle"\nregistry:\n  a: { image: mcp/a, title: "\\e]0;x\\a\\u202Eabc" }\n  "b\\e[1m": { image: x }\n',
  );
  const shown = [
    await said(t, () => pullCatalogs(locations, path, undefined, false)),
    await said(t, () => listCatalogs(locations, 'human')),
    await said(t, () => showCatalog(locations, path, 'never', 'human')),
    await said(t, () => showCatalog(locations, path, 'never', 'yaml')),
    await said(t, () => searchCatalogs(locations, 'a', 5, 'human')),
  ];
  for (const { text } of shown) {
    assert.doesNotMatch(text.replaceAll(/[\n\t]/g, ''), /[\p{Cc}\p{Cf}]/u);
  }
  assert.equal(shown[1]?.text.split('\n').length, 4, 'a title begins no line of its own');
});
