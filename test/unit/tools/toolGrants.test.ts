import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isGranted, isServerGranted, isToolName, mayHaveGranted } from '../../../src/core/tools/toolGrants.ts';

test('a grant names tools as --tools does', () => {
  const granted = ['read', 'web:search', 'db:*'];
  const takesIn = (server: string, tool: string): boolean => isGranted(server, tool, granted);
  assert.deepEqual(
    [takesIn('files', 'read'), takesIn('web', 'read'), takesIn('web', 'search'), takesIn('db', 'drop')],
    [true, true, true, true],
  );
  assert.deepEqual([takesIn('files', 'write'), takesIn('files', 'search'), takesIn('dbx', 'drop')], [false, false, false]);
  assert.equal(isGranted('any', 'thing', ['*']), true);
  assert.equal(isGranted('any', 'thing', undefined), true);
  assert.equal(isGranted('any', 'thing', []), false);
});

test('a server gets in neither by the name of a tool nor by its letters', () => {
  assert.equal(isGranted('evil', 'web:search', ['web:search']), false);
  assert.equal(isGranted('evil', 'db:*', ['db:*']), false);
  assert.equal(isGranted('web', 'SEARCH', ['web:search']), false);
  assert.equal(isGranted('Web', 'search', ['web:search']), false);
});

test('what is no tool goes with a whole server alone, and servers without a granted tool need not start', () => {
  assert.deepEqual([isServerGranted('db', ['db:*']), isServerGranted('db', ['*']), isServerGranted('db', undefined)], [true, true, true]);
  assert.deepEqual([isServerGranted('db', ['db:read']), isServerGranted('db', ['read']), isServerGranted('db', [])], [false, false, false]);
  assert.deepEqual(
    [mayHaveGranted('db', ['web:x']), mayHaveGranted('db', []), mayHaveGranted('db', ['read']), mayHaveGranted('db', ['db:read'])],
    [false, false, true, true],
  );
});

test('a name without a tool or a server is none', () => {
  for (const good of ['a', 'a:b', 'a:*', '*', 'a:b:c']) {
    assert.equal(isToolName(good), true, good);
  }
  for (const bad of ['', ':a', 'a:', 'a b', ' ', 'a\n']) {
    assert.equal(isToolName(bad), false, JSON.stringify(bad));
  }
});
