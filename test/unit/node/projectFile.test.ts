import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { staysInside } from '../../../src/node/projectFile.ts';

test('a file of a project may lie behind links, but not outside of it', async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'wharf-inside-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const project = join(base, 'project');
  const outside = join(base, 'home');
  mkdirSync(join(project, 'config'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'config.toml'), '');
  const file = join(project, '.codex', 'config.toml');
  const code = async (): Promise<string> => {
    const result = await staysInside(project, file);
    return result.ok ? 'inside' : result.problem.code;
  };
  assert.equal(await code(), 'inside', 'nothing is there yet');
  symlinkSync('config', join(project, '.codex'));
  assert.equal(await code(), 'inside', 'a folder behind a link in the project');
  symlinkSync(join(outside, 'config.toml'), file);
  assert.equal(await code(), 'WHARF_LINK_LEAVES_PROJECT', 'a link to a file outside');
  rmSync(join(project, '.codex'));
  symlinkSync(outside, join(project, '.codex'));
  assert.equal(await code(), 'WHARF_LINK_LEAVES_PROJECT', 'a link to a folder outside');
  rmSync(join(project, '.codex'));
  symlinkSync(join(outside, 'not-there-yet'), join(project, '.codex'));
  assert.equal(await code(), 'WHARF_LINK_LEAVES_PROJECT', 'a link to what could be made outside');
});
