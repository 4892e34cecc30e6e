import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileScope } from '../../src/languageServer/fileScope.ts';

test('a .codex/config.toml is a project file, except in the user’s own Codex folder', () => {
  const home = '/home/sam/.codex';
  assert.equal(fileScope('file:///work/app/.codex/config.toml', home), 'project');
  assert.equal(fileScope('file:///home/sam/.codex/config.toml', home), 'user');
  assert.equal(fileScope('file:///home/sam/app/.codex/config.toml', home), 'project');
  assert.equal(fileScope('file:///home/sam/.codex/config.toml', undefined), 'project');
});

test('every other file is the user’s: a moved Codex folder, a named profile, an unsaved document', () => {
  assert.equal(fileScope('file:///etc/codex-home/config.toml', '/etc/codex-home'), 'user');
  assert.equal(fileScope('file:///home/sam/.codex/work.config.toml', '/home/sam/.codex'), 'user');
  assert.equal(fileScope('file:///work/x.codex/config.toml', '/home/sam/.codex'), 'user');
  assert.equal(fileScope('untitled:Untitled-1', '/home/sam/.codex'), 'user');
  assert.equal(fileScope('file:///work/%zz/.codex/config.toml', '/home/sam/.codex'), 'user');
});

test('one folder is recognised in its various spellings', () => {
  assert.equal(fileScope('file:///home/s%C3%A4m%20b/.codex/config.toml', '/home/säm b/.codex/'), 'user');
  assert.equal(fileScope('file:///home/sam/.codex/config.toml', '/home//sam/x/.././.codex'), 'user');
  assert.equal(fileScope('file://localhost/home/sam/.codex/config.toml', '/home/sam/.codex'), 'user');
  assert.equal(fileScope('file:///home/Sam/.codex/config.toml', '/home/sam/.codex'), 'project', 'case matters outside Windows');
});

test('Windows folders are compared without regard to case, slashes and escapes', () => {
  const home = 'C:\\Users\\Sam\\.codex';
  assert.equal(fileScope('file:///c%3A/Users/sam/.codex/config.toml', home), 'user');
  assert.equal(fileScope('file:///C:/Users/Sam/.codex/config.toml', home), 'user');
  assert.equal(fileScope('file:///d%3A/Users/Sam/.codex/config.toml', home), 'project');
  assert.equal(fileScope('file://server/share/.codex/config.toml', '\\\\Server\\share\\.codex'), 'user');
});
