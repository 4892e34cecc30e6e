import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { WatchedFiles } from '../../../src/node/watchedFiles.ts';
import { until } from '../../support/until.ts';

/** Longer than any of these tests: what is heard was heard from the folder. */
const never = 600_000;

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'wharf-watched-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

function watch(t: TestContext, files: readonly string[], everyMs: number): () => Promise<void> {
  let heard = 0;
  const watched = new WatchedFiles(
    () => files,
    () => {
      heard += 1;
      return Promise.resolve();
    },
    everyMs,
  );
  watched.start();
  t.after(() => watched.stop());
  return async () => {
    await until(() => heard > 0, { what: 'a change to be heard of' });
    heard = 0;
  };
}

test('a change is heard of from the folder, however it is saved', async (t) => {
  const at = await folder(t);
  const file = join(at, 'dev.yaml');
  await writeFile(file, 'a');
  const change = watch(t, [file], never);
  await writeFile(file, 'b');
  await change();
  await writeFile(`${file}.new`, 'c');
  await rename(`${file}.new`, file);
  await change();
  await rename(file, `${file}~`);
  await writeFile(file, 'd');
  await change();
  await rm(file);
  await change();
});

test('a change is heard of where the file is a link, and where orchestrators replace the folder that it leads to', async (t) => {
  const at = await folder(t);
  for (const version of ['..1', '..2']) {
    await mkdir(join(at, version));
    await writeFile(join(at, version, 'value'), version);
  }
  await symlink('..1', join(at, '..data'));
  await symlink('..data/value', join(at, 'value'));
  const change = watch(t, [join(at, 'value')], never);
  await writeFile(join(at, '..1', 'value'), 'more');
  await change();
  await symlink('..2', join(at, '..new'));
  await rename(join(at, '..new'), join(at, '..data'));
  await change();
});

test('a folder that comes later, or is replaced by another one, is found by a look', async (t) => {
  const at = join(await folder(t), 'profiles');
  const file = join(at, 'dev.yaml');
  const change = watch(t, [file], 20);
  await change();
  await mkdir(at);
  await writeFile(file, 'a');
  await change();
  await rename(at, `${at}.old`);
  await change();
  await mkdir(at);
  await writeFile(file, 'b');
  await change();
  assert.ok(true);
});
