import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { diffProfile } from '../../../src/cli/lock.ts';
import { allowProfile } from '../../../src/node/allowances.ts';
import { contentOfProfile } from '../../../src/node/profileFiles.ts';
import { places, said } from '../catalogs/places.ts';
import { temporaryFolder } from '../node/folders.ts';

test('a profile that was just allowed and has no lock is as it was allowed, until it changes', async (t) => {
  const locations = places(t);
  const path = join(temporaryFolder(t), '.codex', 'profiles', 'team.yaml');
  const text = 'version: 1\nservers: []\n';
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  assert.equal((await said(t, () => diffProfile(locations, path))).code, 2);
  assert.ok((await allowProfile(locations, path, contentOfProfile(locations, text, path))).ok);
  const same = await said(t, () => diffProfile(locations, path));
  assert.equal(same.code, 0, same.text);
  assert.ok(same.text.startsWith(`${path} is as you allowed it.\n`), same.text);
  assert.match(same.text, /There is no lock to compare its servers with: "wharf profile lock /);
  writeFileSync(path, `# more\n${text}`);
  const changed = await said(t, () => diffProfile(locations, path));
  assert.deepEqual([changed.code, /^\+ # more$/m.test(changed.text)], [1, true], changed.text);
});
