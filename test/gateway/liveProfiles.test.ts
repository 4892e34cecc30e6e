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
  const come = () => live.hold(admission, { profile: { by: 'id', id: 'dev' }, cwd: base, settings: {} });
  const next = async (): Promise<(choice: SessionChoice) => void> => {
    await until(() => looks.length > 0, { what: 'a look' });
    return looks.shift() ?? assert.fail();
  };
  const first = come();
  await writeFile(path, 'version: 1\nservers: []\n# one\n');
  (await next())(usable);
  const late = come();
  const older = await next();
  live.release(first);
  await writeFile(path, 'version: 1\nservers: []\n# two\n');
  // Nothing is withdrawn after one look.
  (await next())(refused);
  (await next())(refused);
  await until(() => late.choice.kind === 'refused', { what: 'the newer look to count' });
  const heard: string[] = [];
  late.follow(({ kind }) => heard.push(kind));
  older(usable);
  await writeFile(path, 'version: 1\nservers: []\n# three\n');
  (await next())(refused);
  await until(() => heard.length > 0 || looks.length > 0 || late.begun === late.ended, { what: 'the last look' });
  assert.deepEqual([late.choice.kind, heard], ['refused', []]);
});
