import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import * as problems from '../../src/core/problems.ts';
import type { Problem } from '../../src/shared/problem.ts';
import { version } from '../../src/shared/version.ts';
import { root } from '../support/sharedData.ts';

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Every problem of the catalogue, made with placeholder arguments. */
function everyProblem(): readonly Problem[] {
  const place = { file: 'FILE', line: 1, column: 1 };
  return Object.values(problems).map((make) => {
    const factory = make as (...args: readonly unknown[]) => Problem;
    const needsPlace = /^\(?\s*place\b/.test(factory.toString());
    if (needsPlace) {
      return factory(place, 'Text.', 'Text.', ['Text.']);
    }
    // Some take a list, and some one text more.
    const shapes = [['Text.', 'Text.', 'Text.'], ['Text.', 'Text.', ['Text.']], ['Text.', ['Text.'], 'Text.', 'Text.'], ['Text.']];
    for (const shape of shapes) {
      try {
        return factory(...shape);
      } catch {
        // It takes the next shape.
      }
    }
    return factory('Text.', 'Text.', 'Text.', 'Text.');
  });
}

test('the version is the same in package.json and in the programs', () => {
  const manifest = JSON.parse(read('package.json')) as { version: string };
  assert.equal(version, manifest.version);
});

test('every problem has its own code, a sentence, a next step, and a row in docs/problems.md', () => {
  const page = read('docs/problems.md');
  const codes = everyProblem().map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length);
  for (const { code, message, next } of everyProblem()) {
    assert.match(message, /^[A-Z].*[.:]$/s, code);
    assert.match(next, /^[A-Z].*\.$/s, code);
    assert.ok(page.includes(`| ${code} |`), `docs/problems.md has no row for ${code}`);
  }
  const rows = [...page.matchAll(/^\| (WHARF_\w+) \|/gm)].map((match) => match[1]);
  assert.deepEqual(new Set(rows), new Set(codes));
});

test('no file names a path of a machine, a download host in a lock file, or a stray mark', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  const texts = files.filter((path) => /\.(ts|mjs|cjs|json|md|yaml|yml|css|html)$|\.ci\/run$/.test(path));
  const own = [homedir(), root].filter((path) => path.length > 6);
  for (const path of texts) {
    const text = read(path);
    // A made-up user has no name.
    const homes = [...text.matchAll(/\/(?:home|Users)\/([a-z]\w*)\//gi)].map(([, user]) => user ?? '');
    assert.deepEqual(
      homes.filter((user) => !/^(you|someone|u|wharf|node)$/i.test(user)),
      [],
      `${path} names somebody's home: use /home/you`,
    );
    for (const place of own) {
      assert.ok(!text.includes(place), `${path} names ${place}`);
    }
    if (path.endsWith('package-lock.json')) {
      assert.doesNotMatch(
        text,
        /"resolved": "https?:/,
        `${path} records download addresses: keep omit-lockfile-registry-resolved in .npmrc`,
      );
    }
  }
});

test('links between the documents lead somewhere', () => {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
  const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', ...pages.map((path) => `docs/${path}`)];
  for (const path of documents) {
    for (const [, target = ''] of read(path).matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)) {
      if (!/^[a-z]+:/.test(target)) {
        assert.doesNotThrow(() => readFileSync(join(root, path, '..', target)), `${path} links to ${target}`);
      }
    }
  }
});
