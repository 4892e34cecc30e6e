import assert from 'node:assert/strict';
import { test } from 'node:test';

import { wharfSettings } from '../../../src/core/profile/entryKeys.ts';
import { isImageReference } from '../../../src/core/profile/imageReference.ts';
import { readProfile } from '../../../src/core/profile/read.ts';

function read(...lines: readonly string[]): ReturnType<typeof readProfile> {
  return readProfile(['version: 1', 'servers:', '  - image: mcp/x:1', ...lines.map((line) => `    ${line}`), ''].join('\n'), 'dev.yaml');
}

function networkOf(...lines: readonly string[]): string {
  const result = read(...lines);
  if (!result.ok) {
    return `${result.problem.code} at line ${result.problem.place?.line}`;
  }
  const [server] = result.value.servers;
  return server?.kind === 'image' ? server.network.kind : '';
}

test("what Docker's entry closes is closed, and where it names hosts these are all, unless the file itself chooses otherwise", () => {
  assert.equal(networkOf(), 'open');
  assert.equal(networkOf('snapshot: { server: { disableNetwork: true } }'), 'none');
  assert.equal(networkOf('snapshot: { server: { disableNetwork: true } }', 'wharf: { network: open }'), 'none');
  assert.equal(networkOf('snapshot: { server: { disableNetwork: false } }'), 'open');
  assert.equal(networkOf('snapshot: { server: { allowHosts: ["a.example:443"] } }'), 'declared');
  assert.equal(networkOf('snapshot: { server: { allowHosts: ["a.example:443"] } }', 'wharf: { network: open }'), 'open');
  assert.equal(networkOf('snapshot: { server: { allowHosts: [] } }'), 'open');
});

test('a setting that stands at the wrong level, or is misspelt, is refused at its line, and what is unknown is passed over', () => {
  const told = (line: string): string => {
    const result = read(line);
    return result.ok ? 'read' : `${result.problem.place?.line}: ${result.problem.message}`;
  };
  assert.match(told('network: none'), /^4: .*"network" of a server stands under "wharf:"/);
  assert.match(told('share: user'), /"share" of a server stands under "wharf:"/);
  assert.match(told('tols: [a]'), /"tols" is not known; "tools" is meant/);
  assert.match(told('volume: ["/etc:/x"]'), /"volumes" is meant/);
  assert.match(told('command: [exit]'), /no "command" here/);
  assert.equal(told('x-of-another-program: 1'), 'read');
  const top = readProfile('version: 1\nserver:\n  - image: mcp/x:1\n', 'dev.yaml');
  assert.match(top.ok ? 'read' : top.problem.message, /"server" is not known; "servers" is meant/);
});

test("each of Wharf's settings is refused where it stands beside the image, at the level of Docker's keys", () => {
  const all = new Set(Object.values(wharfSettings).flat());
  assert.ok(all.has('privateHosts') && all.has('mounts') && all.has('share') && all.has('native'));
  // Docker has this one too, and it is read there.
  all.delete('user');
  for (const setting of all) {
    const result = read(`${setting}: []`);
    assert.equal(result.ok, false, setting);
    assert.match(result.ok ? '' : result.problem.message, new RegExp(`"${setting}" of a server stands under "wharf:"`), setting);
    assert.equal(result.ok ? 0 : result.problem.place?.line, 4, setting);
  }
});

test('what a server needs and this version cannot grant is refused at its line, never left out in silence', () => {
  for (const need of [
    'snapshot: { server: { volumes: ["a:/a"] } }',
    'snapshot: { server: { extraHosts: ["a:1.2.3.4"] } }',
    'secrets: default',
    'config: { timeout: 30 }',
  ]) {
    const result = read(need);
    assert.equal(result.ok ? 'read' : result.problem.code, 'WHARF_PROFILE_SHAPE', need);
    assert.equal(result.ok ? 0 : result.problem.place?.line, 4, need);
  }
});

test('a misspelt setting is refused at its line, as it would give the server more than was meant', () => {
  for (const setting of ['netwrok: none', 'memroy: 1m', 'cpu: 0.1']) {
    const result = read('wharf:', `  ${setting}`);
    assert.deepEqual(result.ok ? '' : [result.problem.code, result.problem.place?.line], ['WHARF_PROFILE_SHAPE', 5], setting);
  }
});

test('literal variables of an entry reach the server', () => {
  const result = read('snapshot: { server: { env: [{ name: MODE, value: fast }] } }');
  assert.ok(result.ok);
  const [server] = result.value.servers;
  assert.deepEqual(server?.kind === 'image' ? server.env : {}, { MODE: 'fast' });
});

test('a name or an image that would imitate something else on a screen is refused', () => {
  const escape = '\\e[2K';
  for (const lines of [
    [`name: "a${escape}"`],
    ['name: "[Fix it](command:x)"'],
    ['wharf: { alias: "$(check) allowed" }'],
    ['name: "a\\nb"'],
  ]) {
    assert.equal(read(...lines).ok, false, lines.join());
  }
  const evil = readProfile('version: 1\nservers:\n  - image: "evil/two\\n\\n[click](https://x.example)"\n', 'dev.yaml');
  assert.equal(evil.ok ? '' : evil.problem.code, 'WHARF_PROFILE_SHAPE');
});

test("images are named in Docker's grammar", () => {
  const digest = `sha256:${'0f'.repeat(32)}`;
  for (const good of [
    'x',
    'mcp/x',
    'mcp/x:1.2',
    `mcp/x@${digest}`,
    'localhost:5000/a/b_c:T-1',
    'ghcr.io/o/n-m',
    `r.example:5000/x:1@${digest}`,
  ]) {
    assert.equal(isImageReference(good), true, good);
  }
  for (const bad of ['', '-x', 'X', 'a b', 'a\nb', 'a//b', 'a:', 'a@sha256:12', '--privileged', `x:${'t'.repeat(129)}`]) {
    assert.equal(isImageReference(bad), false, bad);
  }
});
