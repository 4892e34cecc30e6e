import assert from 'node:assert/strict';
import { test } from 'node:test';
import { treeText } from '../../../src/core/packages/lockedPackage.ts';
import { readNpmLock } from '../../../src/core/packages/npmLock.ts';
import { readPipReport } from '../../../src/core/packages/pipReport.ts';

const hash = 'sha512-AAAA';

function npmLock(packages: Readonly<Record<string, object>>, name = '@team/server'): ReturnType<typeof readNpmLock> {
  const own = { [`node_modules/${name}`]: { version: '1.2.3', integrity: hash, bin: { server: 'main.js' } } };
  return readNpmLock(
    name,
    JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...own, ...packages } }),
    '{"description":" Does\\n things "}',
  );
}

function whyOf(read: ReturnType<typeof readNpmLock>): string {
  return read.ok ? 'it was read' : read.why;
}

test("npm's lock gives the version, the hash, the program and everything that is needed, in one order", () => {
  const read = npmLock({
    'node_modules/z': { version: '2.0.0', integrity: hash, hasInstallScript: true },
    'node_modules/z/node_modules/@a/b': { version: '1.0.0', integrity: hash },
    'node_modules/z/node_modules/inside': { version: '1.0.0', inBundle: true },
  });
  assert.ok(read.ok, whyOf(read));
  assert.deepEqual(read.value, {
    version: '1.2.3',
    integrity: hash,
    program: '/app/node_modules/.bin/server',
    tree: [`@a/b@1.0.0 ${hash}`, `@team/server@1.2.3 ${hash}`, 'inside@1.0.0 bundled', `z@2.0.0 ${hash}`],
    withScripts: ['z'],
    description: 'Does things',
  });
});

test('a package that comes from elsewhere than a registry, or brings no program of its own, is not taken', () => {
  assert.match(whyOf(npmLock({ 'node_modules/g': { version: '1.0.0', resolved: 'git+ssh://host/g' } })), /"g".*has no hash/);
  const programs = (bin: unknown, name = '@team/server') =>
    npmLock({ [`node_modules/${name}`]: { version: '1.2.3', integrity: hash, bin } }, name);
  assert.match(whyOf(programs({ one: 'a.js', two: 'b.js' })), /several/);
  assert.match(whyOf(programs(undefined)), /no program/);
  assert.match(whyOf(programs({ '../../sh': 'a.js' })), /no program/);
  assert.match(whyOf(readNpmLock('other', '{"packages":{}}', '')), /another package/);
  assert.match(whyOf(readNpmLock('other', 'no JSON', '')), /no lock file/);
  const two = programs({ one: 'a.js', server: 'b.js' });
  assert.ok(two.ok && two.value.program.endsWith('/server'));
  const twice = programs({ one: 'a.js', other: 'a.js' });
  assert.ok(twice.ok && twice.value.program.endsWith('/one'));
});

const digest = 'ab'.repeat(32);

function install(name: string, file: string, hashes: object = { sha256: digest }): object {
  return {
    metadata: { name, version: '1.0', summary: 'Words' },
    download_info: { url: `https://files.example/${file}`, archive_info: { hashes } },
  };
}

test("pip's report gives the same of a Python package, under one spelling of each name", () => {
  const report = { install: [install('My_Server', 'my_server-1.0-py3-none-any.whl'), install('Zope.Thing', 'zope.thing-1.0.tar.gz')] };
  const read = readPipReport('my-server', JSON.stringify(report), '["other", "my_server"]');
  assert.ok(read.ok);
  assert.deepEqual(read.value, {
    version: '1.0',
    integrity: `sha256:${digest}`,
    program: '/app/lib/bin/my_server',
    tree: [`my-server@1.0 sha256:${digest}`, `zope-thing@1.0 sha256:${digest}`],
    withScripts: ['zope-thing'],
    description: 'Words',
  });
  const bare = { install: [install('my-server', 'x.whl'), install('bare', 'bare.whl', {})] };
  const why = (text: string, programs = '["my-server"]') => whyOf(readPipReport('my-server', text, programs));
  assert.match(why(JSON.stringify(bare)), /"bare".*has no hash/);
  assert.match(why(JSON.stringify(report), '[]'), /no program/);
  assert.match(why(JSON.stringify(report), '["../sh"]'), /no program/);
  assert.match(why('{}'), /another package/);
});

test('what was installed has another hash with every other package, version, hash and way of installing', () => {
  const read = npmLock({});
  assert.ok(read.ok);
  const reference = { kind: 'npx', package: '@team/server' } as const;
  const texts = [
    treeText(reference, read.value, false),
    treeText(reference, read.value, true),
    treeText({ ...reference, package: '@team/other' }, read.value, false),
    treeText(reference, { ...read.value, version: '1.2.4' }, false),
    treeText(reference, { ...read.value, tree: [] }, false),
  ];
  assert.equal(new Set(texts).size, texts.length);
});
