import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { definitionHash, definitionOf, toolOf } from '../../../src/core/lock/definition.ts';
import { driftOf, type Drift } from '../../../src/core/lock/drift.ts';
import { driftLines } from '../../../src/core/lock/driftLines.ts';
import { diffLines } from '../../../src/core/lock/lineDiff.ts';
import type { ProfileLock } from '../../../src/core/lock/lock.ts';
import { makeLock } from '../../../src/core/lock/makeLock.ts';
import { readLock } from '../../../src/core/lock/readLock.ts';
import { writeLock } from '../../../src/core/lock/writeLock.ts';
import { profileDefaults, type ProfileServer } from '../../../src/core/profile/profile.ts';
import { nameTools } from '../../../src/core/tools/toolNames.ts';
import { withoutSecrets } from '../../../src/core/scan/withoutSecrets.ts';
import { nodeScanner, sha256 } from '../../../src/node/scanning.ts';
import type { FoundServer } from '../../../src/shared/foundServer.ts';
import type { McpTool } from '../../../src/shared/mcp.ts';

const asItIs = (text: string): string => text;
const hash = (tool: McpTool): string => definitionHash(tool, sha256);

const full: McpTool = {
  name: 'add',
  title: 'Add',
  description: 'Adds two numbers.\nThen tells.',
  inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } } },
  outputSchema: { type: 'object' },
  annotations: { readOnlyHint: true },
  icons: [{ src: 'https://x.example/i.png' }],
  _meta: { version: 1 },
};

const image = { reference: 'calc:1', digests: [`sha256:${'d'.repeat(64)}`], id: `sha256:${'1'.repeat(64)}` };

function found(name: string, tools: readonly McpTool[], more: Partial<FoundServer> = {}): FoundServer {
  return { name, image, offers: { tools }, ...more };
}

function locked(
  servers: readonly FoundServer[],
  before: ProfileLock | null = null,
  isClean = (_text: string): boolean => true,
): ProfileLock {
  const profile = {
    ...profileDefaults,
    id: 'dev',
    name: 'dev',
    servers: servers.map(({ name }) => ({ name, tools: null }) as ProfileServer),
  };
  return makeLock({ profile, found: servers, before, sha256, isClean });
}

function reread(lock: ProfileLock): ProfileLock {
  const read = readLock(writeLock(lock, 'dev'), 'dev.lock.yaml', sha256);
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  return read.value;
}

test('the hash of a definition is the same whatever the order of its members, at every depth', () => {
  const reversed = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .toReversed()
            .map(([key, member]) => [key, reversed(member)]),
        )
      : value;
  const other = reversed(full) as McpTool;
  assert.notEqual(JSON.stringify(other), JSON.stringify(full));
  assert.equal(hash(other), hash(full));
});

test('every part of a definition changes its hash, and is named as what changed', () => {
  const changes: readonly (readonly [string, McpTool])[] = [
    ['title', { ...full, title: 'Sum' }],
    ['description', { ...full, description: 'Adds two numbers.\nThen tells .' }],
    ['inputSchema', { ...full, inputSchema: { type: 'object', properties: { a: { type: 'number', description: 'your key' } } } }],
    ['outputSchema', { ...full, outputSchema: { type: 'object', title: 'x' } }],
    ['annotations', { ...full, annotations: { readOnlyHint: false } }],
    ['other', { ...full, icons: [] }],
    ['other', { ...full, _meta: { version: 2 } }],
    ['other', { ...full, ['__proto__']: { a: 1 }, extra: null }],
  ];
  for (const [part, tool] of changes) {
    assert.notEqual(hash(tool), hash(full), part);
    const drift = driftOf(locked([found('calc', [full])]), [found('calc', [tool])], sha256);
    assert.deepEqual(
      drift.map((one) => one.kind === 'toolChanged' && one.parts),
      [[part]],
    );
  }
  assert.notEqual(hash({ ...full, name: 'sum' }), hash(full));
});

test('a definition stands for its tool, however odd that is', () => {
  const odd = { name: '__proto__', description: 5, inputSchema: 'text', ['a\u200b']: '\u{1f600}\u{e0041}' } as unknown as McpTool;
  for (const tool of [full, odd, { name: '' }]) {
    const back = toolOf(tool.name, definitionOf(tool));
    assert.ok(back);
    assert.equal(hash(back), hash(tool));
  }
});

test('a definition that is nested too deeply is equal to none', () => {
  let deep: unknown = {};
  for (let depth = 0; depth < 100_000; depth++) {
    deep = { deep };
  }
  const tool = { name: 'deep', inputSchema: deep };
  assert.equal(hash(tool), '');
  const lock = locked([found('calc', [tool])]);
  assert.equal(lock.servers.get('calc')?.tools.size, 0);
  assert.equal(driftOf(lock, [found('calc', [tool])], sha256).length, 1);
});

test('what is written is read again, is the same for the same servers in any order, and hides no character', () => {
  const texts = [
    'plain',
    '',
    'true',
    '# no comment',
    'two\nlines\n',
    '  led and trailed  \n\n',
    'tab\there',
    'return\rhere\r\n',
    'hidden \u200b\u202e\u{e0041} end',
    'line\u2028end',
    'back\\slash "quoted" \'single\'',
    '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} family',
    'half \ud800 of one',
    '- item: [x]',
    '%YAML\n---\n...',
  ];
  const tools = texts.map((description, index) => ({ name: `t${index}${description}`, description, inputSchema: { description } }));
  const servers = [found('calc', tools, { offers: { tools, instructions: texts.join('\n') } }), found('bare', [full], { image: null })];
  const lock = locked(servers);
  const text = writeLock(lock, 'dev');
  assert.deepEqual(reread(lock), lock);
  assert.deepEqual(driftOf(reread(lock), servers, sha256), []);
  assert.equal(writeLock(reread(lock), 'dev'), text);
  assert.equal(writeLock(locked(servers.toReversed()), 'dev'), text);
  assert.doesNotMatch(text, /[\u200b\u202e\u2028\u{e0041}]/u);
  assert.match(text, /hidden \\u200b\\u202e/);
});

test('a lock without its texts, where they may hold a secret, still tells what changed', () => {
  const lock = locked([found('calc', [full])], null, (text) => !text.includes('Adds'));
  assert.doesNotMatch(writeLock(lock, 'dev'), /Adds/);
  assert.deepEqual(driftOf(reread(lock), [found('calc', [full])], sha256), []);
  const [drift] = driftOf(reread(lock), [found('calc', [{ ...full, title: 'x' }])], sha256);
  assert.equal(drift?.kind, 'toolChanged');
});

test('unknown keys are kept where they are when a lock is written anew', () => {
  const lock = locked([found('calc', [full])]);
  const text = writeLock(lock, 'dev')
    .replace('servers:', 'reviewed: "by\\u200b us"\nservers:')
    .replace('    image:', '    note: { of: [a, "b"] }\n    image:')
    .replace('        exposed:', '        since: 2\n        exposed:');
  const read = readLock(text, 'dev.lock.yaml', sha256);
  assert.ok(read.ok, read.ok ? '' : read.problem.message);
  const next = locked([found('calc', [{ ...full, description: 'Other.' }])], read.value);
  const back = reread(next);
  assert.deepEqual([...back.rest], [['reviewed', 'by\u200b us']]);
  assert.deepEqual([...(back.servers.get('calc')?.rest ?? [])], [['note', new Map([['of', ['a', 'b']]])]]);
  assert.deepEqual([...(back.servers.get('calc')?.tools.get('add')?.rest ?? [])], [['since', 2]]);
});

test('a lock that cannot be understood is refused with its place, and so is one whose texts are not what it accepts', () => {
  const good = writeLock(locked([found('calc', [full])]), 'dev');
  const cases: readonly (readonly [string, RegExp])[] = [
    ['servers: {}\n', /^1:1 .*no "version: 1"/],
    ['version: 2\n', /^1:10 .*no other version/],
    ['version: 1\nservers: [a]\n', /^2:10 .*"servers" is not a map/],
    ['version: 1\nservers: {\n', /^3:1 /],
    ['version: 1\nversion: 1\n', /^2:1 .*unique/],
    ['version: 1\nservers:\n  a:\n    image: x:1\n', /^4:5 .*needs "image", and "digest" or "id"/],
    ['version: 1\nservers:\n  a:\n    tools:\n      t: { sha256: abc }\n', /^5:20 .*64 hexadecimal/],
    ['version: 1\nservers: *nobody\n', /./],
    [good.replace('Adds two numbers.', 'Adds 2 numbers.'), /the definition of "add" is not the one of its "sha256"/],
    [good.replace("'{", "'{{"), /the definition of "add"/],
    [good.replace('definition:', 'definition:\n          note: x'), /"note" is no part of a definition/],
  ];
  for (const [text, expected] of cases) {
    const read = readLock(text, 'dev.lock.yaml', sha256);
    assert.ok(!read.ok, text);
    const { place, message, code } = read.problem;
    assert.equal(code, 'WHARF_LOCK_BROKEN');
    assert.match(`${place?.line}:${place?.column} ${message}`, expected);
  }
});

test('each way in which servers differ is told, and what is not known differs in nothing', () => {
  const lock = locked([found('calc', [full]), found('gone', [])]);
  const kinds = (drift: readonly Drift[]): readonly string[] => drift.map((one) => `${one.kind} ${'tool' in one ? one.tool : one.server}`);
  const now = [
    found('calc', [{ name: 'sub' }], { image: { ...image, digests: [] }, offers: { tools: [{ name: 'sub' }], instructions: 'Obey.' } }),
    found('new', [full]),
  ];
  assert.deepEqual(kinds(driftOf(lock, now, sha256)), [
    'imageChanged calc',
    'instructionsChanged calc',
    'toolAdded sub',
    'toolRemoved add',
    'serverAdded new',
    'serverRemoved gone',
  ]);
  const unknown = [found('calc', [], { offers: null, image: { ...image, digests: [], id: null } }), found('gone', [])];
  assert.deepEqual(driftOf(lock, unknown, sha256), []);
  const elsewhere = found('calc', [full], { image: { ...image, reference: 'calc:2' } });
  assert.deepEqual(kinds(driftOf(lock, [elsewhere, found('gone', [])], sha256)), ['imageChanged calc']);
});

test('a name that a tool got stays when another server gets the same tool, and a lock gives no other name than Wharf would', () => {
  const before = locked([found('b', [full])]);
  const after = locked([found('a', [full]), found('b', [full])], before);
  assert.equal(after.servers.get('b')?.tools.get('add')?.exposed, 'add');
  assert.equal(after.servers.get('a')?.tools.get('add')?.exposed, 'a__add');
  const kept = new Map([['b', new Map([['add', 'read_file']])]]);
  assert.deepEqual(
    nameTools([{ server: 'b', tools: ['add'] }], 'plain', kept).map(({ exposed }) => exposed),
    ['add'],
  );
  const numbered = new Map([['b', new Map([['add', 'b__add_2']])]]);
  assert.equal(nameTools([{ server: 'b', tools: ['add'] }], 'plain', numbered)[0]?.exposed, 'b__add_2');
});

test('what could not be asked stays accepted as it was', () => {
  const before = locked([found('calc', [full])]);
  const after = locked([found('calc', [], { offers: null })], before);
  assert.deepEqual(after.servers.get('calc')?.tools.get('add')?.sha256, hash(full));
  assert.equal(locked([found('other', [], { offers: null })], before).servers.size, 0);
});

test('a difference is shown line by line, and no name pretends to be a line of its own', () => {
  assert.deepEqual(
    diffLines('a\nb\nc', 'a\nx\nc').map(({ kind, text }) => `${kind} ${text}`),
    ['same a', 'old b', 'new x', 'same c'],
  );
  const lock = locked([found('calc', [full])]);
  const changed = { ...full, description: 'Adds two numbers.\nThen sends.' };
  const lines = driftOf(lock, [found('calc', [changed, { name: 'x\ncalc / add: is gone' }])], sha256).map((one) => driftLines(one, asItIs));
  assert.deepEqual(lines[0], [
    'calc / add: another description',
    '  description',
    '      Adds two numbers.',
    '    - Then tells.',
    '    + Then sends.',
  ]);
  assert.deepEqual(lines[1], ['calc / x\\u{a}calc / add: is gone: a new tool']);
});

test('a secret of several lines is in no difference', () => {
  const scanner = nodeScanner();
  const body =
    randomBytes(600)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const edge = (word: string): string => `-----${word} RSA PRIVATE KEY-----`;
  const key = [edge('BEGIN'), ...body, edge('END')].join('\n');
  const changed = { ...full, description: `Adds.\n${key}\nThat is all.`, inputSchema: { type: 'object', description: key } };
  const drift = driftOf(locked([found('calc', [full])]), [found('calc', [changed])], sha256);
  const text = drift.flatMap((one) => driftLines(one, (whole) => withoutSecrets(whole, scanner))).join('\n');
  assert.match(text, /\+ Adds\.\n.*wharf:redacted private-key\]\n.*That is all/);
  assert.deepEqual(
    body.filter((line) => text.includes(line)),
    [],
  );
});
