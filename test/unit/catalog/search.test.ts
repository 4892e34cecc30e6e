import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { readCatalogue } from '../../../src/core/catalog/readCatalogue.ts';
import { searchOf, type Searchable } from '../../../src/core/catalog/search.ts';
import { sharedData } from '../../support/sharedData.ts';

function entry(name: string, more: { title?: string; description?: string; tools?: readonly string[] } = {}): Searchable {
  const tools = (more.tools ?? []).map((tool) => ({ name: tool, description: '' }));
  return { name, title: more.title ?? '', description: more.description ?? '', tools };
}

function names(entries: readonly Searchable[], words: string, limit = 10): readonly string[] {
  return searchOf(entries)(words, limit).map(({ name }) => name);
}

test('a word counts most in the name, then in the title, then in a tool, then in the description', () => {
  const entries = [
    entry('a', { description: 'about postgres and more' }),
    entry('b', { tools: ['postgres_query'] }),
    entry('c', { title: 'Postgres' }),
    entry('postgres-x'),
    entry('none', { description: 'of another kind' }),
  ];
  assert.deepEqual(names(entries, 'postgres'), ['postgres-x', 'c', 'b', 'a']);
});

test('the very name comes first, whatever else says the word more often', () => {
  const loud = Array.from({ length: 30 }, (_, at) => entry(`git-git-${at}`, { title: 'Git git', tools: ['git', 'git_git'] }));
  assert.equal(names([...loud, entry('git', { description: 'x '.repeat(500) })], 'Git')[0], 'git');
  assert.equal(names([...loud, entry('SQLite')], 'sqlite')[0], 'SQLite');
  assert.equal(names([...loud, entry('git_web-docs')], 'git web docs')[0], 'git_web-docs');
});

test('the last word may be the beginning of one, earlier words may not', () => {
  const entries = [entry('browser', { description: 'automation of pages' }), entry('auto', { description: 'cars' }), entry('browse')];
  assert.deepEqual(names(entries, 'browser autom'), ['browser']);
  assert.deepEqual(names(entries, 'brow'), ['browse', 'browser']);
  assert.deepEqual(names(entries, 'brow pages'), ['browser']);
  // A whole word is worth more than its beginning.
  assert.deepEqual(names(entries, 'auto'), ['auto', 'browser']);
});

test('servers with more of the words come before those with one of them', () => {
  const entries = [
    entry('issues', { title: 'Issues issues' }),
    entry('github', { title: 'GitHub', description: 'repositories' }),
    entry('hub', { description: 'github issues and more words here' }),
  ];
  assert.equal(names(entries, 'github issues')[0], 'hub');
});

test('tools are found by the parts of their names, however they are joined', () => {
  const entries = [
    entry('a', { tools: ['createIssue'] }),
    entry('b', { tools: ['create_issue'] }),
    entry('c', { tools: ['create-issue'] }),
  ];
  assert.deepEqual(names(entries, 'issue').toSorted(), ['a', 'b', 'c']);
  assert.deepEqual(names(entries, 'createissue'), ['a']);
});

test('equals come by their names, capitals and marks do not count, and the limit holds', () => {
  const entries = ['c', 'a', 'b'].map((name) => entry(name, { description: 'Suche für Köln' }));
  assert.deepEqual(names(entries, 'KÖLN!'), ['a', 'b', 'c']);
  assert.deepEqual(names(entries, 'köln', 2), ['a', 'b']);
  for (const nothing of ['', '  ', '!!!', 'zzz']) {
    assert.deepEqual(names(entries, nothing), []);
  }
  assert.deepEqual(names([], 'a'), []);
  assert.deepEqual(names(entries, 'köln', 0), []);
});

test('words that are names of JavaScript are words', () => {
  assert.deepEqual(names([entry('a', { description: 'constructor __proto__' })], 'constructor'), ['a']);
  assert.deepEqual(names([entry('a')], 'constructor toString'), []);
});

test("Docker's catalogue gives what people look for", (t) => {
  const folder = sharedData(t, 'mcp-registry');
  if (folder === undefined) {
    return;
  }
  const read = readCatalogue(readFileSync(join(folder, 'catalog-v3.yaml'), 'utf8'), 'catalog-v3.yaml');
  assert.ok(read.ok);
  const search = searchOf(read.value.entries);
  const first = (words: string): readonly string[] => search(words, 3).map(({ name }) => name);
  assert.ok(first('github').includes('github-official'));
  assert.equal(first('playwright')[0], 'playwright');
  assert.ok(first('duckduckgo search').includes('duckduckgo'));
  assert.ok(first('notion').some((name) => name.startsWith('notion')));
  assert.ok(first('kubern').includes('kubernetes'));
});
