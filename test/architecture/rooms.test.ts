import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from '../support/sharedData.ts';
import { importsOf, roomViolations } from './rooms.ts';

const sources = globSync(['src/**/*.ts', 'webview/**/*.ts'], { cwd: root }).map((path) => path.replaceAll('\\', '/'));

test('no file imports what its room may not have, not even as a type', () => {
  assert.ok(sources.length > 50, 'the scan found the sources');
  assert.deepEqual(
    sources.flatMap((path) => roomViolations(path, readFileSync(join(root, path), 'utf8'))),
    [],
  );
});

test('a planted violation is seen, in every form of import', () => {
  const planted: readonly (readonly [string, string])[] = [
    ['src/core/a.ts', "import { x } from '../node/lines.ts';"],
    ['src/core/a.ts', "import type { x } from '../node/lines.ts';"],
    ['src/core/a.ts', "import 'node:fs';"],
    ['src/core/a.ts', "const x = await import('../docker/engine.ts');"],
    ['src/core/a.ts', "type X = typeof import('../docker/engine.ts');"],
    ['src/shared/a.ts', "export { x } from '../core/problems.ts';"],
    ['src/extension/a.ts', "import { Gateway } from '../gateway/gateway.ts';"],
    ['src/languageServer/a.ts', "import type { Uri } from 'vscode';"],
    ['src/gateway/a.ts', "import type { Uri } from 'vscode';"],
    ['src/docker/a.ts', "import { x } from '../node/lines.ts';"],
    ['webview/a.ts', "import { x } from '../src/core/problems.ts';"],
    ['webview/a.ts', "import { readFileSync } from 'node:fs';"],
    ['src/strayed.ts', ''],
  ];
  for (const [path, text] of planted) {
    assert.equal(roomViolations(path, text).length, 1, `${path}: ${text}`);
  }
});

test('lint and this test know the same rooms', () => {
  const config = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as {
    overrides: { files: string[]; rules: Record<string, unknown> }[];
  };
  const linted = config.overrides.filter(({ rules }) => 'no-restricted-imports' in rules).flatMap(({ files }) => files);
  const present = [
    ...new Set(sources.map((path) => (path.startsWith('webview/') ? 'webview/**' : `${path.split('/').slice(0, 2).join('/')}/**`))),
  ];
  assert.deepEqual(linted.toSorted(), present.toSorted());
});

test('no source, test or script turns a lint rule off', () => {
  const mark = /(ox|es)lint-disable|@ts-(ignore|nocheck|expect-error)\b/;
  const more = globSync(['{test,scripts,bench}/**/*.{ts,mjs}', '*.mjs'], { cwd: root, exclude: ['**/node_modules/**'] });
  const marks = [...sources, ...more].filter((path) => mark.test(readFileSync(join(root, path), 'utf8')));
  assert.deepEqual(marks, [], 'change the code or the rule, not one line');
});

test('the scan reads imports over several lines', () => {
  assert.deepEqual(importsOf("import {\n  a,\n  b,\n} from './x.ts';\nexport * from './y.ts';"), ['./x.ts', './y.ts']);
});
