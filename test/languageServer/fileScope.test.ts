import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileScope } from '../../src/languageServer/fileScope.ts';

test('a .codex/config.toml is a project file, except in the user’s own Codex folder', () => {
  const home = '/home/you/.codex';
  assert.equal(fileScope('file:///work/app/.codex/config.toml', home), 'project');
  assert.equal(fileScope('file:///home/you/.codex/config.toml', home), 'user');
  assert.equal(fileScope('file:///home/you/app/.codex/config.toml', home), 'project');
  assert.equal(fileScope('file:///home/you/.codex/config.toml', undefined), 'project');
});

test('every other file is the user’s: a moved Codex folder, a named profile, an unsaved document', () => {
  assert.equal(fileScope('file:///etc/codex-home/config.toml', '/etc/codex-home'), 'user');
  assert.equal(fileScope('file:///home/you/.codex/work.config.toml', '/home/you/.codex'), 'user');
  assert.equal(fileScope('file:///work/x.codex/config.toml', '/home/you/.codex'), 'user');
  assert.equal(fileScope('untitled:Untitled-1', '/home/you/.codex'), 'user');
  assert.equal(fileScope('file:///work/%zz/.codex/config.toml', '/home/you/.codex'), 'user');
});

test('one folder is recognised in its various spellings', () => {
  assert.equal(fileScope('file:///home/y%C3%B6u%20b/.codex/config.toml', '/home/yöu b/.codex/'), 'user');
  assert.equal(fileScope('file:///home/you/.codex/config.toml', '/home//you/x/.././.codex'), 'user');
  assert.equal(fileScope('file://localhost/home/you/.codex/config.toml', '/home/you/.codex'), 'user');
  assert.equal(fileScope('file:///home/You/.codex/config.toml', '/home/you/.codex'), 'project', 'case matters outside Windows');
});

test('Windows folders are compared without regard to case, slashes and escapes', () => {
  const home = 'C:\\Users\\You\\.codex';
  assert.equal(fileScope('file:///c%3A/Users/you/.codex/config.toml', home), 'user');
  assert.equal(fileScope('file:///C:/Users/You/.codex/config.toml', home), 'user');
  assert.equal(fileScope('file:///d%3A/Users/You/.codex/config.toml', home), 'project');
  assert.equal(fileScope('file://server/share/.codex/config.toml', '\\\\Server\\share\\.codex'), 'user');
});
