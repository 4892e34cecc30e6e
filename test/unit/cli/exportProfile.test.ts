import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { allRules } from '../../../src/core/scan/rules/all.ts';
import { seeded } from '../../support/patternSamples.ts';
import { secretOf } from '../../support/secretSamples.ts';
import { programOfFile } from './program.ts';

const program = programOfFile();
const rule = allRules.find(({ id }) => id === 'linear-api-key');
const token = rule === undefined ? '' : secretOf(rule, seeded(9)).text;

function profile(value: string): string {
  return `# ours\nversion: 1\nx-team: core\nservers:\n  - image: mcp/example:1.2\n    env: [{ name: MODE, value: ${value} }]\n`;
}

function writeProfile(text: string): void {
  const folder = join(program().project, '.codex', 'profiles');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'dev.yaml'), text);
}

test("a profile is exported in Docker's full form with its comments and unknown keys, or as JSON", async () => {
  writeProfile(profile('secret://token'));
  assert.deepEqual(await program().run(['profile', 'export', 'dev', 'out.yaml']), {
    code: 0,
    stdout: 'Exported profile dev to out.yaml\n',
    stderr: '',
  });
  const text = readFileSync(join(program().project, 'out.yaml'), 'utf8');
  for (const part of [
    '# ours\nversion: 1\nid: dev\nname: dev\nx-team: core',
    'type: image',
    '- name: token',
    'provider: docker-desktop-store',
  ]) {
    assert.ok(text.includes(part), `${part}\n${text}`);
  }
  assert.equal((await program().run(['profile', 'export', '.codex/profiles/dev.yaml', 'out.json'])).code, 0);
  const json = JSON.parse(readFileSync(join(program().project, 'out.json'), 'utf8')) as Record<string, unknown>;
  assert.deepEqual(Object.keys(json), ['version', 'id', 'name', 'x-team', 'servers', 'secrets']);
});

test('a profile that holds a secret itself is not exported, and the place is said without the value', async () => {
  writeProfile(profile(token));
  const { code, stdout, stderr } = await program().run(['profile', 'export', 'dev', 'out.yaml']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /dev\.yaml:6:\d+.*WHARF_LITERAL_SECRET/s);
  assert.ok(!stderr.includes(token));
  assert.ok(!existsSync(join(program().project, 'out.yaml')));
});

test('an ending that names no format, and a profile that is not there, are said', async () => {
  writeProfile(profile('fast'));
  assert.match((await program().run(['profile', 'export', 'dev', 'out.txt'])).stderr, /\.yaml, \.yml or \.json/);
  assert.match((await program().run(['profile', 'export', 'other', 'out.yaml'])).stderr, /WHARF_PROFILE/);
});
