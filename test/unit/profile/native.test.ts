import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refusalOf, serverOf } from './entries.ts';

function entry(native: object, more: object = {}): object {
  return { name: 'files', wharf: { native }, ...more };
}

test('a native server is a command with words, variables and a folder', () => {
  const server = serverOf(
    entry({ command: 'npx', args: ['-y', 'pkg', '', '$HOME'], env: { A: 'b', N: 5, E: null }, cwd: '/srv/data' }, { tools: ['x'] }),
  );
  assert.ok(server.kind === 'native');
  const { name, command, args, env, cwd, tools, share } = server;
  assert.deepEqual(
    { name, command, args, env, cwd, tools, share },
    {
      name: 'files',
      command: 'npx',
      args: ['-y', 'pkg', '', '$HOME'],
      env: { A: 'b', N: '5', E: '' },
      cwd: '/srv/data',
      tools: ['x'],
      share: 'session',
    },
  );
});

test('a silent one has no words, no variables, and runs in the home folder', () => {
  const server = serverOf(entry({ command: '/usr/bin/x' }));
  assert.ok(server.kind === 'native');
  assert.deepEqual([server.args, server.env, server.cwd], [[], {}, null]);
});

test('absolute folders of Windows are taken as well', () => {
  for (const cwd of ['C:\\data', 'c:/data', '\\\\host\\share']) {
    const server = serverOf(entry({ command: 'C:\\x.exe', cwd }));
    assert.equal(server.kind === 'native' && server.cwd, cwd);
  }
});

test('what is not plain, complete or absolute is refused at its place', () => {
  for (const [native, at, words] of [
    [{}, '{}', /needs "command"/],
    [{ command: '' }, '""', /"command" is not a text/],
    [{ command: ['x'] }, '["x"]', /"command" is not a text/],
    [{ command: './x' }, '"./x"', /neither a name nor an absolute path/],
    [{ command: 'bin/x' }, '"bin/x"', /neither a name nor an absolute path/],
    [{ command: '/bin/${X}' }, '"/bin', /"command" has a template/],
    [{ command: 'x', args: 'a b' }, '"a b"', /"args" is not a list of texts/],
    [{ command: 'x', args: ['a', '{{x.path}}'] }, '"{{x', /"args" has a template/],
    [{ command: 'x', args: ['a', '${workspace}/b'] }, '"${work', /"args" has a template/],
    [{ command: 'x', args: ['a\0b'] }, '"a\\u0000', /NUL/],
    [{ command: 'x', env: { A: '$B' } }, '"$B"', /variable "A" has a template or a "\$"/],
    [{ command: 'x', env: { 'A B': 'c' } }, '"A B"', /no usable name/],
    [{ command: 'x', env: [{ name: 'A' }] }, '[{', /"env" is not a map/],
    [{ command: 'x', cwd: 'data' }, '"data"', /"cwd" is not an absolute path/],
    [{ command: 'x', cwd: '~/data' }, '"~/data"', /"cwd" is not an absolute path/],
    [{ command: 'x', cwd: '../' }, '"../"', /"cwd" is not an absolute path/],
    [{ command: 'x', shell: true }, '"shell"', /"native" has no setting "shell"/],
  ] as const) {
    assert.match(refusalOf(entry(native), at), words);
  }
  assert.match(refusalOf({ wharf: { native: { command: 'x' } } }), /needs "name"/);
  assert.match(refusalOf(entry([])), /"native" is not a map/);
});

test('an entry is native or of another kind, never both', () => {
  for (const more of [
    { image: 'mcp/x' },
    { endpoint: 'https://x.example' },
    { type: 'image' },
    { snapshot: { server: {} } },
    { disableNetwork: true },
  ]) {
    const [key] = Object.keys(more);
    assert.match(refusalOf(entry({ command: 'x' }, more), `"${key}"`), new RegExp(`and no "${key}"`));
  }
  assert.equal(serverOf(entry({ command: 'x' }, { image: null, secrets: null })).kind, 'native');
});
