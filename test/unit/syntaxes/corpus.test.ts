import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sharedData } from '../../support/sharedData.ts';
import { invalid, loadGrammar, tokenise } from './grammar.ts';

const grammar = await loadGrammar();

test('no word of a configuration that Codex loads is invalid, and every word has a scope', async (t) => {
  const folder = sharedData(t, 'configs');
  if (folder === undefined) {
    return;
  }
  const files = (await readdir(folder)).filter((file) => file.endsWith('.toml'));
  assert.equal(files.length, 12);
  for (const file of files) {
    const tokens = tokenise(grammar, await readFile(join(folder, file), 'utf8'));
    assert.deepEqual(invalid(tokens), [], file);
    const plain = tokens.filter((token) => token.text.trim() !== '' && token.scopes.every((scope) => scope.startsWith('meta')));
    assert.deepEqual(plain, [], file);
  }
});

for (const version of ['1.0.0', '1.1.0']) {
  test(`no word of a valid file of toml-test for TOML ${version} is invalid`, async (t) => {
    const folder = sharedData(t, 'toml-test');
    if (folder === undefined) {
      return;
    }
    const list = await readFile(join(folder, `files-toml-${version}`), 'utf8');
    const files = list.split('\n').filter((file) => file.startsWith('valid/') && file.endsWith('.toml'));
    assert.ok(files.length > 200);
    for (const file of files) {
      assert.deepEqual(invalid(tokenise(grammar, await readFile(join(folder, file), 'utf8'))), [], file);
    }
  });
}
