import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';

import { configureProfile, valuesOf } from '../../../src/cli/profile/config.ts';
import { editConfig, type ConfigWorld, type NewSecret } from '../../../src/cli/profile/configEdit.ts';
import { openProfile, type Target } from '../../../src/cli/profile/target.ts';
import type { ProfileServer } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { catalogLookup } from '../../../src/node/catalogs/lookup.ts';
import type { Locations } from '../../../src/node/locations.ts';
import type { Result } from '../../../src/shared/result.ts';
import { root } from '../../support/sharedData.ts';
import { codeOf, places, said } from '../catalogs/places.ts';
import { temporaryFolder } from '../node/folders.ts';

const token = 'github.personal_access_token';
const text = `version: 1
servers:
  - image: evil/x:1
    name: evil
    snapshot: { server: { name: evil, secrets: [{ name: ${token}, env: T }] } }
`;

interface Vault extends ConfigWorld {
  readonly kept: NewSecret[];
  readonly asked: string[];
}

/** A vault that has these names. */
function vaultOf(names: readonly string[], answer: boolean | null = null): Vault {
  const [kept, asked]: [NewSecret[], string[]] = [[], []];
  return {
    kept,
    asked,
    readInput: () => Promise.resolve({ ok: true, value: 'typed' }),
    known: () => Promise.resolve({ ok: true, value: names }),
    mayReplace: (taken) => {
      asked.push(...taken);
      return Promise.resolve(answer);
    },
    keep: (secrets) => {
      kept.push(...secrets);
      return Promise.resolve({ ok: true, value: null });
    },
  };
}

function put(path: string, content = text): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function set(
  locations: Locations,
  given: string,
  values: readonly string[],
  world: ConfigWorld,
  replace = false,
): Promise<Result<unknown>> {
  const target = await openProfile(locations, given);
  assert.ok(target.ok, codeOf(target));
  const request = { given, set: values, get: [], del: [], getAll: false, format: 'human', replace, dryRun: false } as const;
  return editConfig(locations, target.value, request, world);
}

function own(t: TestContext, content = text): { readonly locations: Locations; readonly path: string } {
  const locations = places(t);
  return { locations, path: put(join(locations.configFolder, 'profiles', 'dev.yaml'), content) };
}

test('a secret that the vault has is replaced only when its user agrees', async (t) => {
  const { locations, path } = own(t);
  const wanted = ['evil.personal_access_token=abc'];
  const unasked = vaultOf([token]);
  assert.equal(codeOf(await set(locations, 'dev', wanted, unasked)), 'WHARF_SECRET_TAKEN');
  const refused = vaultOf([token], false);
  assert.equal(codeOf(await set(locations, 'dev', wanted, refused)), 'WHARF_SECRET_TAKEN');
  assert.deepEqual([unasked.kept, refused.kept, refused.asked], [[], [], [token]]);
  assert.equal(readFileSync(path, 'utf8'), text);
  const agreed = vaultOf([token], true);
  assert.equal(codeOf(await set(locations, 'dev', wanted, agreed)), 'ok');
  const replaced = vaultOf([token]);
  assert.equal(codeOf(await set(locations, 'dev', wanted, replaced, true)), 'ok');
  assert.deepEqual([agreed.kept, replaced.kept], [[{ name: token, value: 'abc' }], [{ name: token, value: 'abc' }]]);
});

test('a profile that nobody allowed names no secret of the vault, and other values of it can be set', async (t) => {
  const locations = places(t);
  const path = put(join(temporaryFolder(t), '.codex', 'profiles', 'theirs.yaml'));
  for (const replace of [false, true]) {
    const vault = vaultOf([token], true);
    assert.equal(codeOf(await set(locations, path, ['evil.personal_access_token=abc'], vault, replace)), 'WHARF_PROFILE_NOT_ALLOWED');
    assert.deepEqual([vault.kept, vault.asked], [[], []]);
  }
  assert.equal(readFileSync(path, 'utf8'), text);
  assert.equal(codeOf(await set(locations, path, ['evil.rows=3'], vaultOf([]))), 'ok');
});

test('nothing goes into the vault for a file that cannot be written then', { skip: process.platform === 'win32' }, async (t) => {
  const { locations, path } = own(t);
  const project = temporaryFolder(t);
  const link = join(project, '.codex', 'profiles', 'dev.yaml');
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(path, link);
  const changed = {
    ...vaultOf([]),
    known: () => {
      writeFileSync(path, `${text}# theirs\n`);
      return Promise.resolve({ ok: true, value: [] } as const);
    },
  };
  assert.equal(codeOf(await set(locations, 'dev', ['evil.personal_access_token=abc'], changed)), 'WHARF_FILE_CHANGED');
  assert.deepEqual(changed.kept, []);
  const linked = vaultOf([]);
  const target = await openProfile(locations, 'dev');
  assert.ok(target.ok);
  const request = {
    given: '',
    set: ['evil.token=abcdef99'],
    get: [],
    del: [],
    getAll: false,
    format: 'human',
    replace: false,
    dryRun: false,
  } as const;
  const through = { ...target.value, file: { ...target.value.file, path: link } };
  assert.equal(codeOf(await editConfig(locations, through, request, linked)), 'WHARF_LINK_LEAVES_PROJECT');
  assert.deepEqual(linked.kept, []);
  if (process.getuid?.() !== 0) {
    chmodSync(dirname(path), 0o500);
    t.after(() => chmodSync(dirname(path), 0o700));
    const closed = vaultOf([]);
    assert.equal(codeOf(await set(locations, 'dev', ['evil.token=abcdef99'], closed)), 'WHARF_FILE_UNWRITABLE');
    assert.deepEqual(closed.kept, []);
  }
});

test('a reference for what the catalogue declares is what the server gets, until a value takes its place', async (t) => {
  const { locations, path } = own(t);
  const server = (): ProfileServer | undefined => {
    const read = readProfile(readFileSync(path, 'utf8'), path);
    assert.ok(read.ok, codeOf(read));
    return read.value.servers[0];
  };
  const secretsOf = (): unknown => {
    const found = server();
    return found?.kind === 'image' || found?.kind === 'remote' ? found.secrets.map(({ env, reference }) => [env, reference]) : found;
  };
  assert.equal(codeOf(await set(locations, 'dev', ['evil.personal_access_token=abc'], vaultOf([]))), 'ok');
  assert.equal(codeOf(await set(locations, 'dev', ['evil.personal_access_token=secret://team.other'], vaultOf([]))), 'ok');
  assert.deepEqual(secretsOf(), [['T', 'secret://team.other']]);
  assert.ok(!readFileSync(path, 'utf8').includes('config:'));
  assert.equal(codeOf(await set(locations, 'dev', ['evil.personal_access_token=abc'], vaultOf([]))), 'ok');
  assert.deepEqual(secretsOf(), [['T', `secret://${token}`]]);
  const remote = `version: 1
servers:
  - endpoint: https://x.example/mcp
    name: far
    snapshot: { server: { name: far, type: remote, remote: { url: "https://x.example/mcp", headers: { X-Key: "\${T}" } }, secrets: [{ name: far.key, env: T }] } }
`;
  put(path, remote);
  assert.equal(codeOf(await set(locations, 'dev', ['far.key=env://OTHER'], vaultOf([]))), 'ok');
  assert.deepEqual(secretsOf(), [['T', 'env://OTHER']]);
});

test('the folders of a server are set as the documentation says, and as one text, and stay a list', async (t) => {
  const example = /--set '(filesystem\.paths=.*?)'/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
  assert.equal(example, 'filesystem.paths=["${workspace}"]');
  const schema = '{ type: object, properties: { paths: { type: array, items: { type: string } } }, required: [paths] }';
  const server = `{ name: filesystem, config: [${schema}], volumes: ["{{filesystem.paths|volume|into}}"] }`;
  const filesystem = `version: 1\nservers:\n  - image: x/fs:1\n    name: filesystem\n    snapshot: { server: ${server} }\n`;
  for (const [given, paths] of [
    [example, ['${workspace}']],
    ['filesystem.paths=["~/proj"]', ['~/proj']],
    ['filesystem.paths=/srv/data', ['/srv/data']],
  ] as const) {
    const { locations, path } = own(t, filesystem);
    assert.equal(codeOf(await set(locations, 'dev', [given], vaultOf([]))), 'ok', given);
    const read = parse(readFileSync(path, 'utf8')) as { servers: readonly { config?: unknown }[] };
    assert.deepEqual(read.servers[0]?.config, { paths });
  }
});

test('a key that named a secret says that its value stays in the vault when it is taken out', async (t) => {
  const { locations } = own(t, text.replace(', secrets: [', ', env: [{ name: U, value: "{{evil.url}}" }], secrets: ['));
  assert.equal(codeOf(await set(locations, 'dev', ['evil.url=secret://evil.url'], vaultOf([]))), 'ok');
  const target = await openProfile(locations, 'dev');
  assert.ok(target.ok);
  const request = {
    given: 'dev',
    set: [],
    get: [],
    del: ['evil.url'],
    getAll: false,
    format: 'human',
    replace: false,
    dryRun: false,
  } as const;
  const gone = await said(t, async () => ((await editConfig(locations, target.value, request, vaultOf(['evil.url', token]))).ok ? 0 : 2));
  assert.equal(gone.code, 0);
  assert.match(gone.text, /The vault still has evil\.url, and/);
});

test('several commands at once all set their values, and an edit that is not possible any more is refused', async (t) => {
  const { locations, path } = own(t);
  const keys = Array.from({ length: 6 }, (_, index) => `key_${index}`);
  const request = { given: 'dev', get: [], del: [], getAll: false, format: 'human', replace: false, dryRun: false } as const;
  const config = (value: string, world: ConfigWorld) => configureProfile(locations, { ...request, set: [value] }, world);
  const all = await Promise.all(keys.map((key) => config(`evil.${key}=3`, vaultOf([]))));
  assert.deepEqual(all, [0, 0, 0, 0, 0, 0]);
  const read = parse(readFileSync(path, 'utf8')) as { servers: readonly { config?: object }[] };
  assert.deepEqual(Object.keys(read.servers[0]?.config ?? {}).toSorted(), keys);
  // The file changes while its user is asked: the value is asked for once, and goes to the vault.
  const vault = vaultOf([]);
  let asked = 0;
  const readInput: ConfigWorld['readInput'] = () => {
    asked += 1;
    put(path, `# theirs\n${text}`);
    return Promise.resolve({ ok: true, value: 'typed' });
  };
  assert.equal(await config('evil.word=-', { ...vault, readInput }), 0);
  assert.deepEqual([asked, vault.kept], [1, [{ name: 'evil.word', value: 'typed' }]]);
  assert.match(readFileSync(path, 'utf8'), /^# theirs\n[^]*secret:\/\/evil\.word/);
  const empty = 'version: 1\nservers: []\n';
  const gone: ConfigWorld = { ...vault, readInput: () => Promise.resolve({ ok: true, value: put(path, empty) }) };
  assert.equal(await config('evil.word=-', gone), 2);
  assert.equal(readFileSync(path, 'utf8'), empty);
});

test('a declared secret that was set by reference is shown, and taken out, by the key that set it', async (t) => {
  const { locations, path } = own(t);
  const key = 'evil.personal_access_token';
  writeFileSync(path, (await edited(locations, [`${key}=secret://mine`])) ?? '');
  const shown = valuesOf(readFileSync(path, 'utf8'), await opened(locations), { ...nothing, getAll: true }, catalogLookup(locations));
  assert.deepEqual(shown.ok && [...shown.value], [[key, 'secret://mine']]);
  const one = valuesOf(readFileSync(path, 'utf8'), await opened(locations), { ...nothing, get: [key] }, catalogLookup(locations));
  assert.deepEqual(one.ok && [...one.value], [[key, 'secret://mine']]);
  const without = await editConfig(locations, await opened(locations), { ...nothing, del: [key] }, vaultOf([]));
  assert.ok(without.ok, codeOf(without));
  assert.equal(without.value.text, text);
});

const nothing = { given: 'dev', set: [], get: [], del: [], getAll: false, format: 'human', replace: false, dryRun: false } as const;

async function opened(locations: Locations): Promise<Target> {
  const target = await openProfile(locations, 'dev');
  assert.ok(target.ok, codeOf(target));
  return target.value;
}

async function edited(locations: Locations, values: readonly string[]): Promise<string | undefined> {
  const result = await editConfig(locations, await opened(locations), { ...nothing, set: values }, vaultOf([]));
  return result.ok ? result.value.text : undefined;
}
