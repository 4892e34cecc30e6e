import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { closedContainer, profileDefaults, serverDefaults, type ImageServer, type Profile } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import type { Problem } from '../../../src/shared/problem.ts';
import { sharedData } from '../../support/sharedData.ts';

const file = 'folder/dev.yaml';

function profileOf(text: string): Profile {
  const result = readProfile(text, file);
  assert.ok(result.ok, result.ok ? '' : result.problem.message);
  return result.value;
}

function problemOf(text: string): Problem {
  const result = readProfile(text, file);
  assert.ok(!result.ok, 'it was read');
  return result.problem;
}

/** A profile with one server whose lines are given. */
function withServer(...lines: readonly string[]): string {
  return ['version: 1', 'servers:', ...lines.map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`), ''].join('\n');
}

function serverOf(...lines: readonly string[]): ImageServer {
  const [server] = profileOf(withServer(...lines)).servers;
  assert.ok(server?.kind === 'image');
  return server;
}

test("every profile of Docker's form is read, and every malformed one is refused at its place", (t) => {
  const folder = sharedData(t, 'profiles');
  if (folder === undefined) {
    return;
  }
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { file: string; valid: boolean; servers?: number }[];
  for (const entry of index) {
    const text = readFileSync(join(folder, entry.file), 'utf8');
    const result = readProfile(text, entry.file);
    if (result.ok) {
      assert.ok(entry.valid, `${entry.file} was read`);
      assert.equal(result.value.servers.length, entry.servers, entry.file);
      continue;
    }
    const { place, message } = result.problem;
    assert.ok(place !== undefined && place.file === entry.file && place.line >= 1 && place.column >= 1, entry.file);
    assert.ok(!entry.valid, `${entry.file}: ${message}`);
  }
});

test('a lean entry is an image and nothing more', () => {
  assert.deepEqual(profileOf(`version: 1\nservers:\n  - image: localhost:5000/team/everything:1.2@sha256:${'ab'.repeat(32)}\n`), {
    id: 'dev',
    name: 'dev',
    ...profileDefaults,
    servers: [
      {
        ...serverDefaults,
        kind: 'image',
        name: 'everything',
        image: `localhost:5000/team/everything:1.2@sha256:${'ab'.repeat(32)}`,
        ...closedContainer,
        network: { kind: 'open', isChosen: false },
        tools: null,
        line: 3,
      },
    ],
  });
});

test('the built-in demo server needs no image', () => {
  const { servers } = profileOf(withServer('catalog_ref: builtin', 'name: demo', 'tools: [echo]'));
  assert.deepEqual(servers, [
    { ...serverDefaults, kind: 'builtIn', program: 'demo', name: 'demo', share: 'user', startTimeoutMs: 10_000, tools: ['echo'], line: 3 },
  ]);
});

test('id and name come from the file, else from its path', () => {
  assert.equal(readProfile('version: 1', 'C:\\p\\my.yml').ok && profileOf('version: 1').id, 'dev');
  assert.deepEqual(profileOf('version: 1\nid: team\nname: The team\nservers:\n'), {
    id: 'team',
    name: 'The team',
    ...profileDefaults,
    servers: [],
  });
  assert.equal(profileOf('version: 1\nid: team\n').name, 'team');
});

test('null, absent and empty tools are told apart', () => {
  assert.equal(serverOf('image: x').tools, null);
  assert.equal(serverOf('image: x', 'tools: null').tools, null);
  assert.equal(serverOf('image: x', 'tools:').tools, null);
  assert.deepEqual(serverOf('image: x', 'tools: []').tools, []);
  assert.deepEqual(serverOf('image: x', 'tools: [a, b]').tools, ['a', 'b']);
});

test("the name is the profile's alias, else its own, else the snapshot's, else the image's", () => {
  const snapshot = 'snapshot: {server: {name: snap, command: [serve, --stdio]}}';
  assert.equal(serverOf('image: x/img:1', 'name: own', snapshot, 'wharf: {alias: mine}').name, 'mine');
  assert.equal(serverOf('image: x/img:1', 'name: own', snapshot).name, 'own');
  assert.equal(serverOf('image: x/img:1', snapshot).name, 'snap');
  assert.equal(serverOf('image: x/img:1').name, 'img');
  assert.deepEqual(serverOf('image: x', snapshot).command, ['serve', '--stdio']);
});

test("Wharf's own settings are read with their units", () => {
  const server = serverOf('image: x', 'wharf: {cpus: 0.5, memory: 1.5g, startTimeout: 2m, network: none}');
  assert.deepEqual([server.limits, server.startTimeoutMs, server.network.kind], [{ cpus: 0.5, memory: 1.5 * 1024 ** 3 }, 120_000, 'none']);
  assert.equal(serverOf('image: x', 'wharf: {startTimeout: 90}').startTimeoutMs, 90_000);
});

test('unknown keys are ignored at every level', () => {
  const text =
    'version: 1\nfuture: {a: [1]}\nservers:\n  - image: x\n    oauth: null\n    config: {}\n    extra: {a: 1}\npolicy: {allowed: true}\n';
  assert.equal(profileOf(text).servers.length, 1);
});

test('a profile in JSON with a byte order mark or with CRLF is read as well', () => {
  const json = JSON.stringify(
    { version: 1, id: 'j', servers: [{ type: 'image', image: 'x', tools: null, catalogRef: 'c', snapshot: null }] },
    null,
    '\t',
  );
  assert.equal(profileOf(json).servers.length, 1);
  assert.equal(profileOf(`\uFEFF${json}`).id, 'j');
  const crlf = withServer('image: x', 'wharf: {network: none}').replaceAll('\n', '\r\n');
  assert.deepEqual(
    profileOf(crlf).servers.map(({ line }) => line),
    [3],
  );
});

test('aliases stand for what they name', () => {
  const text =
    'version: 1\nservers:\n  - image: &i x\n    tools: &t [a]\n    wharf: &w {network: none}\n  - name: y\n    image: *i\n    tools: *t\n    wharf: *w\n';
  const [, second] = profileOf(text).servers;
  assert.ok(second?.kind === 'image');
  assert.deepEqual([second.image, second.tools, second.network.kind], ['x', ['a'], 'none']);
});

const refused: readonly (readonly [what: string, text: string, code: string, line: number, column: number, words: RegExp])[] = [
  ['no version', 'id: x\nservers: []\n', 'WHARF_PROFILE_SHAPE', 1, 1, /no "version: 1"/],
  ['another version', 'id: x\nversion: 2\n', 'WHARF_PROFILE_SHAPE', 2, 10, /version 2 is not known/],
  ['a version that is a text', 'version: "1"\n', 'WHARF_PROFILE_SHAPE', 1, 10, /version "1" is not known/],
  ['nothing in it', '', 'WHARF_PROFILE_SHAPE', 1, 1, /not a map/],
  ['a list at the top', '- a\n', 'WHARF_PROFILE_SHAPE', 1, 1, /not a map/],
  ['a bracket that stays open', 'version: 1\nservers: [\n', 'WHARF_PROFILE_SYNTAX', 3, 1, /not valid YAML/],
  ['a tab as indentation', 'version: 1\nservers:\n\t- image: x\n', 'WHARF_PROFILE_SYNTAX', 3, 1, /[Tt]ab/],
  ['the same key twice', 'version: 1\nid: a\nid: b\n', 'WHARF_PROFILE_SYNTAX', 3, 1, /unique/],
  ['two documents', 'version: 1\n---\nversion: 1\n', 'WHARF_PROFILE_SYNTAX', 2, 1, /multiple documents/],
  ['JSON that was cut', '{\n  "version": 1,\n  "servers": [{', 'WHARF_PROFILE_SYNTAX', 3, 16, /not valid YAML/],
  ['an alias that names nothing', 'version: 1\nid: *x\n', 'WHARF_PROFILE_SYNTAX', 2, 5, /alias/i],
  ['servers that are a map', 'version: 1\nservers: {a: 1}\n', 'WHARF_PROFILE_SHAPE', 2, 10, /"servers" is not a list/],
  ['a server that is a text', 'version: 1\nservers:\n  - fetch\n', 'WHARF_PROFILE_SHAPE', 3, 5, /a server is not a map/],
  ['a server of no kind', withServer('name: x'), 'WHARF_PROFILE_SHAPE', 3, 5, /needs "image"/],
  ['a type without its image', withServer('type: image', 'name: x'), 'WHARF_PROFILE_SHAPE', 3, 5, /type "image" needs "image"/],
  ['a remote server without address', withServer('type: remote', 'name: x'), 'WHARF_PROFILE_SHAPE', 3, 5, /type "remote" needs "endpoint"/],
  ['an image and an address', withServer('image: x', 'endpoint: https://x.example'), 'WHARF_PROFILE_SHAPE', 3, 5, /only one of them/],
  [
    'a registry server of which nothing is known',
    withServer('type: registry', 'source: https://x'),
    'WHARF_PROFILE_SHAPE',
    3,
    5,
    /type "registry" needs a "snapshot"/,
  ],
  ['a type that nobody knows', withServer('type: imgae', 'image: x'), 'WHARF_PROFILE_SHAPE', 3, 5, /type "imgae" is not known/],
  ["another catalogue's server", withServer('catalog_ref: mcp/c:latest', 'name: x'), 'WHARF_CATALOG_MISSING', 3, 5, /"x".*mcp\/c:latest/],
  ['a built-in server that is not there', withServer('catalog_ref: builtin', 'name: x'), 'WHARF_SERVER_UNKNOWN', 3, 5, /no server "x"/],
  ['an image that is a number', withServer('image: 5'), 'WHARF_PROFILE_SHAPE', 3, 12, /"image" is not a text/],
  ['an empty image', withServer('image: ""'), 'WHARF_PROFILE_SHAPE', 3, 12, /"image" is not a text/],
  ['tools that are a text', withServer('image: x', 'tools: a'), 'WHARF_PROFILE_SHAPE', 4, 12, /"tools" is not a list/],
  ['a tool that is a number', withServer('image: x', 'tools: [a, 5]'), 'WHARF_PROFILE_SHAPE', 4, 16, /"tools" is not a list/],
  ['two servers of one name', withServer('image: a/x').concat('  - image: b/x:2\n'), 'WHARF_PROFILE_SHAPE', 4, 5, /"x" is there twice/],
  [
    'a network that is none',
    withServer('image: x', 'wharf: {network: closed}'),
    'WHARF_PROFILE_SHAPE',
    4,
    22,
    /none, declared, learn or open/,
  ],
  ['a network without a value', withServer('image: x', 'wharf: {network: }'), 'WHARF_PROFILE_SHAPE', 4, 12, /network has no value/],
  ['keys that are merged in', withServer('<<: {wharf: {network: none}}', 'image: x'), 'WHARF_PROFILE_SHAPE', 3, 5, /merge key/],
  ['no processor', withServer('image: x', 'wharf: {cpus: 0}'), 'WHARF_PROFILE_SHAPE', 4, 19, /wharf.cpus/],
  ['endless processors', withServer('image: x', 'wharf: {cpus: .inf}'), 'WHARF_PROFILE_SHAPE', 4, 19, /wharf.cpus/],
  ['a size in no unit', withServer('image: x', 'wharf: {memory: 2 apples}'), 'WHARF_PROFILE_SHAPE', 4, 21, /wharf.memory/],
  ['a time longer than a timer', withServer('image: x', 'wharf: {startTimeout: 1000h}'), 'WHARF_PROFILE_SHAPE', 4, 27, /at most 24h/],
  ['secrets of another provider', 'version: 1\nsecrets:\n  default:\n    provider: env-file\n', 'WHARF_PROFILE_SHAPE', 4, 15, /"env-file"/],
];
for (const [what, text, code, line, column, words] of refused) {
  test(`a profile with ${what} is refused at its place`, () => {
    const problem = problemOf(text);
    assert.deepEqual([problem.code, problem.place], [code, { file, line, column }], problem.message);
    assert.match(problem.message, words);
  });
}

test('a control character, behind which no editor shows anything, is refused at its place', () => {
  for (const hidden of ['\0', '\x1b', '\x7f']) {
    const problem = problemOf(`version: 1\n# ${hidden}\nservers: []\n`);
    assert.deepEqual([problem.code, problem.place?.line, problem.place?.column], ['WHARF_PROFILE_SYNTAX', 2, 3]);
  }
});

test('aliases that explode are refused', () => {
  const bomb = ['version: 1', 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 10; level++) {
    bomb.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
  }
  assert.equal(problemOf(bomb.join('\n')).code, 'WHARF_PROFILE_SYNTAX');
});

test('nesting without end is refused', () => {
  assert.equal(problemOf(`version: 1\nx: ${'['.repeat(20_000)}`).code, 'WHARF_PROFILE_SYNTAX');
});
