import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

import { parseSetting, settle } from '../../../src/cli/profile/configValues.ts';
import type { CatalogEntry, ResolvedServer } from '../../../src/core/catalog/entry.ts';
import { deleteConfig, parseConfigKey, setConfig } from '../../../src/core/profile/editConfig.ts';
import { addServer, removeServer } from '../../../src/core/profile/editServers.ts';
import { planTools, setTools } from '../../../src/core/profile/editTools.ts';
import { setVariable } from '../../../src/core/profile/editVariable.ts';
import { noCatalogues } from '../../../src/core/profile/leanEntries.ts';
import { entryOf, nativeEntry, newProfile, type NewEntry } from '../../../src/core/profile/newEntry.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { changedLines } from '../../../src/core/profile/textDiff.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';
import type { Result } from '../../../src/shared/result.ts';
import { sharedData } from '../../support/sharedData.ts';

function given<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : `${result.problem.message} ${result.problem.next}`);
  return result.value;
}

function code(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.problem.code;
}

const github: CatalogEntry = {
  kind: 'image',
  name: 'github',
  title: 'GitHub',
  description: '',
  tools: [],
  image: 'mcp/github@sha256:' + 'a'.repeat(64),
  server: {
    name: 'github',
    type: 'server',
    image: 'mcp/github@sha256:' + 'a'.repeat(64),
    secrets: [{ name: 'github.token', env: 'GITHUB_TOKEN' }],
    'x-own': 1,
  },
};
const resolved: ResolvedServer = { entry: github, catalogRef: 'team/catalog:1', registrySource: null };
const empty = newProfile('dev', 'Dev');

test('a new profile says what it is called, whatever that is', () => {
  for (const [id, name] of [
    ['dev', 'Dev Tools'],
    ['yes', 'no'],
    ['a.b-c', '# "x": y'],
    ['1', '12'],
  ] as const) {
    assert.deepEqual(parse(newProfile(id, name)), { version: 1, id, name, servers: [] });
    assert.ok(readProfile(newProfile(id, name), 'x.yaml').ok);
  }
});

test('a server is written as Docker writes it, lean where that was asked for, and under another name as a second one', () => {
  const full = entryOf(resolved, {});
  assert.deepEqual(Object.keys(full), ['type', 'image', 'secrets', 'catalog_ref', 'snapshot']);
  assert.deepEqual((full['snapshot'] as Record<string, unknown>)['server'], github.server);
  assert.deepEqual(entryOf(resolved, { isLean: true, alias: 'work' }), {
    catalog_ref: 'team/catalog:1',
    name: 'github',
    wharf: { alias: 'work' },
  });
  assert.deepEqual(entryOf({ ...resolved, catalogRef: null }, { isLean: true }), { image: github.image, name: 'github' });
  const registry = entryOf({ ...resolved, catalogRef: null, registrySource: 'https://r.example/v0/servers/x/versions/1' }, {});
  assert.deepEqual(
    [registry['type'], registry['source'], registry['image']],
    ['registry', 'https://r.example/v0/servers/x/versions/1', undefined],
  );
  const only = entryOf({ ...resolved, entry: { ...github, onlyTools: ['a'] } }, {});
  assert.deepEqual(only['tools'], ['a']);
  const two = [full, entryOf(resolved, { alias: 'work' })].reduce(
    (text, entry) => given(addServer(text, entry, 'p.yaml', noCatalogues)).text,
    empty,
  );
  assert.deepEqual(
    given(readProfile(two, 'p.yaml')).servers.map(({ name }) => name),
    ['github', 'work'],
  );
  assert.deepEqual((parse(two) as NewEntry)['secrets'], { default: { provider: 'docker-desktop-store' } });
});

test('another version of a server keeps its configuration, its tools and what Wharf was told of it', () => {
  const own = `${empty.replace('servers: []', 'servers:')}  - image: docker.io/mcp/github:1 # ours
    name: github
    config: { rows: 3 }
    tools: [a] # few
    snapshot: { server: { name: github } }
    wharf: { cpus: 0.5 } # slow
`;
  const { text, isReplaced } = given(addServer(own, entryOf(resolved, {}), 'p.yaml', noCatalogues));
  assert.ok(isReplaced);
  const [entry] = (parse(text) as { servers: readonly NewEntry[] }).servers;
  assert.deepEqual(
    { ...entry, snapshot: 0 },
    {
      type: 'image',
      image: github.image,
      config: { rows: 3 },
      secrets: 'default',
      tools: ['a'],
      catalog_ref: 'team/catalog:1',
      snapshot: 0,
      wharf: { cpus: 0.5 },
    },
  );
  for (const comment of ['# ours', '# few', '# slow']) {
    assert.ok(text.includes(comment), comment);
  }
});

test('a command of the user and a container do not take the place of each other, and what cannot be used is not added', () => {
  const native = given(addServer(empty, nativeEntry('github', ['npx', '-y', 'x']), 'p.yaml', noCatalogues)).text;
  assert.equal(code(addServer(native, entryOf(resolved, {}), 'p.yaml', noCatalogues)), 'WHARF_SERVER_OTHER_KIND');
  assert.equal(code(addServer(empty, nativeEntry('x', ['./here']), 'p.yaml', noCatalogues)), 'WHARF_SERVER_UNUSABLE');
  assert.equal(code(addServer(empty, nativeEntry('a name', ['x']), 'p.yaml', noCatalogues)), 'WHARF_SERVER_UNUSABLE');
  assert.equal(code(addServer(empty, entryOf(resolved, { isLean: true }), 'p.yaml', noCatalogues)), 'WHARF_SERVER_UNUSABLE');
  assert.equal(code(addServer('version: 1\nservers: [', nativeEntry('x', ['y']), 'p.yaml', noCatalogues)), 'WHARF_PROFILE_SYNTAX');
});

test('an entry goes also where others take something over from it, where it is the last, and where the file has no last line end', () => {
  const shared = 'version: 1\nservers:\n  - image: &one x/a:1\n    name: a\n  - image: *one # the same\n    name: b\n';
  assert.equal(given(removeServer(shared, 'a', 'p.yaml')), 'version: 1\nservers:\n  - image: x/a:1 # the same\n    name: b\n');
  assert.equal(given(removeServer('version: 1\nservers:\n  - image: x/a:1\n    name: a', 'a', 'p.yaml')), 'version: 1\nservers: []');
  assert.equal(code(removeServer(shared, 'c', 'p.yaml')), 'WHARF_SERVER_NOT_IN_PROFILE');
});

test('what two entries share is changed for the one that was named, and written out for the other', () => {
  const snapshot = 'snapshot: { server: { name: x } }';
  const text = `version: 1\nservers:\n  - image: x/a:1\n    name: a\n    config: &c { rows: 1 }\n    ${snapshot}\n  - image: x/b:1\n    name: b\n    config: *c # same\n    ${snapshot}\n`;
  for (const [server, other] of [
    ['a', 1],
    ['b', 0],
  ] as const) {
    const next = given(setConfig(text, server, [[['rows'], 2]], { file: 'p.yaml', schemas: [] })).text;
    const { servers } = parse(next) as { servers: readonly NewEntry[] };
    assert.deepEqual([servers[other]?.['config'], servers[1 - other]?.['config']], [{ rows: 1 }, { rows: 2 }], server);
    assert.ok(next.includes('# same'));
  }
});

test('every valid export of Docker is edited and its other bytes stay', (t) => {
  const folder = sharedData(t, 'profiles');
  for (const name of folder === undefined ? [] : readdirSync(folder).filter((file) => !/^bad-|index/.test(file))) {
    const before = readFileSync(join(folder ?? '', name), 'utf8');
    const first = given(readProfile(before, name)).servers[0]?.name ?? '';
    const added = given(addServer(before, nativeEntry('mine', ['node']), name, noCatalogues)).text;
    assert.deepEqual(
      changedLines(before, added).filter((line) => line.startsWith('-') && !/[}\]]$/.test(line)),
      [],
      name,
    );
    assert.equal(given(removeServer(added, 'mine', name)).replace(/\s+/g, ''), before.replace(/\s+/g, ''), name);
    const chosen = given(setTools(before, first, ['one', 'two'], name));
    assert.deepEqual(given(readProfile(chosen, name)).servers[0]?.tools, ['one', 'two']);
  }
});

test('a key names its server, also one with dots in its name, and values are checked by the schema of the catalogue', () => {
  assert.deepEqual(parseConfigKey('a.b.c', ['a', 'a.b']), { server: 'a.b', path: ['c'] });
  assert.deepEqual(parseConfigKey('a.b.c', ['a']), { server: 'a', path: ['b', 'c'] });
  for (const bad of ['a', 'a.', 'x.y', 'a..b']) {
    assert.equal(parseConfigKey(bad, ['a']), undefined, bad);
  }
  const text = 'version: 1\nservers:\n  - image: x/a:1\n    name: a\n    snapshot: { server: { name: a } }\n';
  const place = { file: 'p.yaml', schemas: [{ type: 'object', properties: { rows: { type: 'integer' } } }] };
  assert.deepEqual(
    given(
      setConfig(
        text,
        'a',
        [
          [['rows'], 3],
          [['other'], true],
        ],
        place,
      ),
    ).unknown,
    ['other'],
  );
  const wrong = setConfig(text, 'a', [[['rows'], 'not-shown']], place);
  assert.equal(code(wrong), 'WHARF_CONFIG_VALUE');
  assert.ok(!JSON.stringify(wrong).includes('not-shown'));
  const nested = given(setConfig(text, 'a', [[['x', 'y', 'z'], [1]]], place)).text;
  assert.equal(given(deleteConfig(nested, { server: 'a', path: ['x', 'y', 'z'] }, 'p.yaml')), text);
  assert.equal(code(deleteConfig(text, { server: 'a', path: ['x'] }, 'p.yaml')), 'WHARF_CONFIG_UNSET');
});

test('what is a secret goes to the vault, and only a reference stays', () => {
  const scanner = nodeScanner();
  const password = ['hunter', 'two', '22'].join('-');
  const key = ['pass', 'word'].join('');
  const known = {
    catalogue: { name: 'srv', secrets: [{ name: 'srv.declared', env: 'DECLARED' }] },
    schemas: [{ properties: { text: { type: 'string' }, texts: { type: 'array', items: { type: 'string' } } } }],
    scanner,
    profile: 'prod',
    variables: [],
    taken: [],
  };
  const settled = (text: string, input = '', server = 'srv') => given(settle(given(parseSetting(text, [server], 'p.yaml')), input, known));
  for (const [text, value, secrets] of [
    ['srv.rows=3', 3, {}],
    ['srv.text=3', '3', {}],
    ['srv.on=true', true, {}],
    ['srv.words=a b', 'a b', {}],
    ['srv.list=["a",1]', ['a', 1], {}],
    ['srv.url=postgres://me@db/x', 'postgres://me@db/x', {}],
    ['srv.url=postgres://me:${PASSWORD}@db/x', 'postgres://me:${PASSWORD}@db/x', {}],
    // What is filled in later is judged where it stands, and no reason to take a list for a text.
    ['srv.texts=["${workspace}"]', ['${workspace}'], {}],
    ['srv.list=["${HOME}/proj","b"]', ['${HOME}/proj', 'b'], {}],
    ['srv.text=["${workspace}"]', '["${workspace}"]', {}],
    [
      `srv.all={"host":"\${HOST}","token":"${password}"}`,
      { host: '${HOST}', token: 'secret://srv.all.token' },
      { 'srv.all.token': password },
    ],
    ['srv.all={"token":"${TOKEN}"}', { token: '${TOKEN}' }, {}],
    // One text is a list of one where the catalogue asks for a list of texts.
    ['srv.texts=/home/you/notes', ['/home/you/notes'], {}],
    ['srv.texts="a b"', ['a b'], {}],
    ['srv.texts=3', ['3'], {}],
    ['srv.texts=secret://other', 'secret://other', {}],
    ['srv.texts=', '', {}],
    // Nothing is filled into it.
    ['srv.declared=${TOKEN}', 'secret://srv.declared', { 'srv.declared': '${TOKEN}' }],
    ['srv.declared=pa${ss}word123', 'secret://srv.declared', { 'srv.declared': 'pa${ss}word123' }],
    ['srv.declared={"a":1}', 'secret://srv.declared', { 'srv.declared': '{"a":1}' }],
    [`srv.password=\${X}${password}`, 'secret://srv.password', { 'srv.password': `\${X}${password}` }],
    ['srv.password=${X}', '${X}', {}],
    [`srv.dsn=host=db user=u ${key}=${password}`, 'secret://srv.dsn', { 'srv.dsn': `host=db user=u ${key}=${password}` }],
    [`srv.dsn=Server=db;Pwd=${password};`, 'secret://srv.dsn', { 'srv.dsn': `Server=db;Pwd=${password};` }],
    [`srv.dsn=jdbc:x://h/d?user=u&${key}=${password}`, 'secret://srv.dsn', { 'srv.dsn': `jdbc:x://h/d?user=u&${key}=${password}` }],
    [`srv.api=https://x.example/a?api_key=${password}`, 'secret://srv.api', { 'srv.api': `https://x.example/a?api_key=${password}` }],
    [`srv.api=https://x.example/a?page=1&q=two`, 'https://x.example/a?page=1&q=two', {}],
    [`srv.args=["--${key}","${password}"]`, [`--${key}`, 'secret://srv.args.1'], { 'srv.args.1': password }],
    [`srv.args=["--rows","many"]`, ['--rows', 'many'], {}],
    [`srv.words=--user u --password ${password}`, 'secret://srv.words', { 'srv.words': `--user u --password ${password}` }],
    ['srv.declared=secret://other', 'secret://other', {}],
    ['srv.declared=env://TOKEN', 'env://TOKEN', {}],
    ['srv.declared=1234', 'secret://srv.declared', { 'srv.declared': '1234' }],
    ['srv.DECLARED=abc', 'secret://srv.declared', { 'srv.declared': 'abc' }],
    [`srv.api_key=${password}`, 'secret://srv.api_key', { 'srv.api_key': password }],
    [`srv.url=postgres://me:${password}@db/x`, 'secret://srv.url', { 'srv.url': `postgres://me:${password}@db/x` }],
    [`srv.url=postgres://me:${password}@db/\${DB}`, 'secret://srv.url', { 'srv.url': `postgres://me:${password}@db/\${DB}` }],
    [`srv.all={"host":"h","token":"${password}"}`, { host: 'h', token: 'secret://srv.all.token' }, { 'srv.all.token': password }],
  ] as const) {
    const result = settled(text);
    assert.deepEqual(result.value, value, text);
    assert.deepEqual(Object.fromEntries(result.secrets.map((one) => [one.name, one.value])), secrets, text);
  }
  assert.deepEqual(settled('srv.words=-', 'plain').secrets, [{ name: 'srv.words', value: 'plain' }]);
  // A value from stdin is a secret whatever it looks like, in each of its parts.
  for (const given of ['s3cr${et', 'file:///etc/passwd', 'true']) {
    assert.deepEqual(settled('srv.words=-', given).secrets, [{ name: 'srv.words', value: given }]);
  }
  assert.deepEqual(settled('srv.all=-', '{"a":"x","b":[7]}').secrets, [
    { name: 'srv.all.a', value: 'x' },
    { name: 'srv.all.b.0', value: '7' },
  ]);
  assert.deepEqual(settled('srv.words=-', 'secret://other').secrets, []);
  // A reference to another secret is the variable's: the catalogue would go on naming its own.
  assert.deepEqual(settled('srv.declared=secret://other').ownVariable, 'DECLARED');
  assert.deepEqual(settled('srv.declared=secret://srv.declared').ownVariable, null);
  assert.deepEqual(settled('srv.declared=abc').ownVariable, null);
  const again = given(settle(given(parseSetting('srv.declared=abc', ['srv'], 'p.yaml')), '', { ...known, variables: ['DECLARED'] }));
  assert.deepEqual([again.value, again.ownVariable], ['secret://srv.declared', 'DECLARED']);
  assert.equal(code(settle(given(parseSetting('srv.declared=file:///run/x', ['srv'], 'p.yaml')), '', known)), 'WHARF_USAGE');
  // A second instance of a server has a secret of its own, for the same variable.
  const second = settled('work.declared=abc', '', 'work');
  assert.deepEqual([second.secrets, second.ownVariable], [[{ name: 'work.declared', value: 'abc' }], 'DECLARED']);
  // The vault has this name for another profile's server: neither password is lost. What a catalogue declares is one for all.
  const url = `srv.url=postgres://me:${password}@db/x`;
  const taken = ['srv.url', 'srv.declared'];
  const other = given(settle(given(parseSetting(url, ['srv'], 'p.yaml')), '', { ...known, taken }));
  assert.equal(other.value, 'secret://prod/srv.url');
  const third = given(settle(given(parseSetting(url, ['srv'], 'p.yaml')), '', { ...known, taken: [...taken, 'prod/srv.url'] }));
  assert.equal(third.value, 'secret://prod-2/srv.url');
  assert.equal(
    given(settle(given(parseSetting('srv.declared=abc', ['srv'], 'p.yaml')), '', { ...known, taken })).value,
    'secret://srv.declared',
  );
  for (const text of [
    password,
    `=${password}`,
    `srv=${password}`,
    `other.key=${password}`,
    `srv.k=secrets://${password}`,
    `srv.a b.c=${password}`,
  ]) {
    const setting = parseSetting(text, ['srv'], 'p.yaml');
    const result = setting.ok ? settle({ ...setting.value, path: [...setting.value.path, 'token'] }, '', known) : setting;
    assert.ok(!result.ok && !JSON.stringify(result).includes(password), text);
  }
});

test('a variable of a second instance is set once, whatever is there', () => {
  const text = 'version: 1\nservers:\n  - image: x/a:1\n    name: a\n    snapshot: { server: { name: a } }\n';
  const once = given(setVariable(text, 'a', { name: 'T', value: 'secret://a.t' }, 'p.yaml'));
  const twice = given(setVariable(once, 'a', { name: 'T', value: 'secret://a.u' }, 'p.yaml'));
  assert.deepEqual((parse(twice) as { servers: readonly NewEntry[] }).servers[0]?.['env'], [{ name: 'T', value: 'secret://a.u' }]);
  assert.deepEqual(given(readProfile(twice, 'p.yaml')).servers[0]?.kind, 'image');
});

test('one tool that is enabled where all are changes nothing, and one that is disabled leaves the others', () => {
  const known = ['read', 'write', 'list'];
  const wish = { server: 's', enable: [], disable: [], all: null };
  for (const [change, before, after] of [
    [{ enable: ['read'] }, null, null],
    [{ disable: ['read'] }, null, ['write', 'list']],
    [{ enable: ['read'] }, ['list'], ['list', 'read']],
    [{ enable: ['read'] }, ['read'], ['read']],
    [{ disable: ['read'] }, ['read'], []],
    [{ all: 'disable', enable: ['read'] }, null, ['read']],
    [{ all: 'enable', disable: ['read'] }, [], ['write', 'list']],
    [{ all: 'enable' }, ['read'], null],
    [{ all: 'disable' }, null, []],
    // What the server does not have any more can still be taken out.
    [{ disable: ['gone'] }, ['gone', 'read'], ['read']],
  ] as const) {
    assert.deepEqual(given(planTools({ ...wish, ...change }, before, known)).after, after, JSON.stringify(change));
  }
  const strange = planTools({ ...wish, enable: ['raed'] }, null, known);
  assert.equal(code(strange), 'WHARF_TOOL_NOT_OFFERED');
  assert.match(strange.ok ? '' : strange.problem.next, /"read"/);
  assert.equal(code(planTools({ ...wish, disable: ['read'] }, null, null)), 'WHARF_TOOLS_NOT_KNOWN');
  assert.deepEqual(given(planTools({ ...wish, enable: ['x'] }, ['a'], null)).after, ['a', 'x']);
});

test('a difference shows the changed lines with a few around them', () => {
  assert.deepEqual(changedLines('a\n', 'a\n'), []);
  assert.deepEqual(changedLines('1\n2\n3\n4\n5\n6\n7\n', '1\n2\n3\nx\n5\n6\n7\n'), [
    '  …',
    '  2',
    '  3',
    '- 4',
    '+ x',
    '  5',
    '  6',
    '  …',
  ]);
  assert.deepEqual(changedLines('', 'a\nb\n'), ['+ a', '+ b']);
  assert.deepEqual(changedLines('a\r\nb\r\n', 'a\r\nc\r\n'), ['  a', '- b', '+ c']);
});
