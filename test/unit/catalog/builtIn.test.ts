import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { builtInContent, builtInEntry, builtInNames } from '../../../src/core/catalog/builtIn.ts';
import type { CatalogEntry } from '../../../src/core/catalog/entry.ts';
import { entryOf } from '../../../src/core/catalog/entryOf.ts';
import { readCatalogue } from '../../../src/core/catalog/readCatalogue.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { sharedData } from '../../support/sharedData.ts';

test('the built-in list has the demo server, and remote ones that need no secret of their user', () => {
  const { entries, skipped } = builtInContent();
  assert.deepEqual(skipped, []);
  assert.deepEqual(
    entries.map(({ name }) => name),
    builtInNames,
  );
  for (const entry of entries) {
    assert.deepEqual(builtInEntry(entry.name), entry);
    if (entry.name === 'demo') {
      assert.equal(entry.kind, 'builtIn');
    } else {
      assert.equal(entry.kind, 'remote');
      assert.equal(entry.server['secrets'], undefined);
      // Written by hand, and sound by the reader's own rules.
      assert.deepEqual(entryOf(entry.name, entry.server), entry);
    }
  }
});

test("the built-in list says of its servers what Docker's catalogue says", (t) => {
  const folder = sharedData(t, 'mcp-registry');
  if (folder === undefined) {
    return;
  }
  const read = readCatalogue(readFileSync(join(folder, 'catalog-v3.yaml'), 'utf8'), 'catalog-v3.yaml');
  assert.ok(read.ok);
  for (const entry of builtInContent().entries.filter(({ kind }) => kind === 'remote')) {
    const known: CatalogEntry | undefined = read.value.entries.find(({ name }) => name === entry.name);
    assert.deepEqual(
      [entry.title, entry.server['remote'], entry.server['oauth']],
      [known?.title, known?.server['remote'], known?.server['oauth']],
    );
    assert.ok(entry.tools.every(({ name }) => known?.tools.some((tool) => tool.name === name)));
  }
});

test('a profile names servers of the built-in list by their names alone', () => {
  const servers = builtInNames.map((name) => `  - { catalog_ref: builtin, name: ${name} }\n`).join('');
  const read = readProfile(`version: 1\nservers:\n${servers}`, 'dev.yaml');
  assert.ok(read.ok, JSON.stringify(read));
  assert.deepEqual(
    read.value.servers.map(({ kind, name }) => [kind, name]),
    builtInNames.map((name) => [name === 'demo' ? 'builtIn' : 'remote', name]),
  );
});
