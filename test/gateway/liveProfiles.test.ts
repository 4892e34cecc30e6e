import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import * as problems from '../../src/core/problems.ts';
import type { Admission } from '../../src/gateway/admission.ts';
import { LiveProfiles } from '../../src/gateway/liveProfiles.ts';
import type { SessionChoice } from '../../src/gateway/session/session.ts';
import { loadProfileFile } from '../../src/node/profileFiles.ts';
import { until } from '../support/until.ts';

test('what an older look at a profile comes to does not undo what a newer one found', async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'wharf-live-'));
  t.after(() => rm(base, { recursive: true, force: true }));
  const locations = { configFolder: join(base, 'c'), dataFolder: join(base, 'd'), runtimeFolder: join(base, 'r'), environment: {} };
  const folder = join(base, 'project', '.codex', 'profiles');
  await Promise.all([folder, locations.dataFolder].map((path) => mkdir(path, { recursive: true })));
  const path = join(folder, 'dev.yaml');
  await writeFile(path, 'version: 1\nservers: []\n');
  const usable = { kind: 'usable', facts: {} } as SessionChoice;
  const refused: SessionChoice = { kind: 'refused', problem: problems.profileNotAllowed(path, 'dev') };
  const looks: ((choice: SessionChoice) => void)[] = [];
  const live = new LiveProfiles({
    locations,
    find: () => assert.fail('it was found'),
    admit: () => new Promise((resolve) => looks.push(resolve)),
    extraFiles: [],
    changed: () => undefined,
    log: () => undefined,
  });
  t.after(() => live.close());
  const admission: Admission = { file: await loadProfileFile(locations, path, 'project'), choice: usable };
  const profile = live.hold(admission, { profile: { by: 'id', id: 'dev' }, cwd: base, settings: {} });
  const lookAnew = async (text: string): Promise<void> => {
    const before = looks.length;
    await writeFile(path, text);
    await until(() => looks.length > before, { what: 'a look at it' });
  };
  await lookAnew('version: 1\nservers: []\n# one\n');
  await lookAnew('version: 1\nservers: []\n# two\n');
  const [older] = looks;
  looks.slice(1).forEach((resolve) => resolve(refused));
  // Nothing is withdrawn after one look.
  await until(
    () => {
      looks.slice(1).forEach((resolve) => resolve(refused));
      return profile.choice.kind === 'refused';
    },
    { what: 'the newer look to count' },
  );
  older?.(usable);
  await lookAnew('version: 1\nservers: []\n# three\n');
  assert.equal(profile.choice.kind, 'refused');
});
