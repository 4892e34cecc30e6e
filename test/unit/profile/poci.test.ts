import assert from 'node:assert/strict';
import { test } from 'node:test';

import { callMounts } from '../../../src/core/container/callMounts.ts';
import type { PociServer } from '../../../src/core/profile/profile.ts';
import { refusalOf, serverOf } from './entries.ts';

const tool = {
  name: 'convert',
  description: 'Converts a file.',
  parameters: { type: 'object', properties: { args: { type: 'array', items: { type: 'string' } } }, required: ['args'] },
  container: { image: 'team/convert:1', command: ['{{args|into}}'], volumes: ['{{folder}}:{{folder}}'] },
};

function pociOf(entry: object = {}, tools: readonly object[] = [tool]): PociServer {
  const server = serverOf({ type: 'image', snapshot: { server: { name: 'convert', type: 'poci', tools } }, ...entry });
  assert.ok(server.kind === 'poci');
  return server;
}

test('a server whose tools are containers is read with each of them, and asks for no image of its own', () => {
  const server = pociOf({ image: 'mcp/convert', wharf: { network: 'none', mounts: ['~/films:/films:rw'] } });
  assert.deepEqual(server.toolContainers, [
    { tool: 'convert', image: 'team/convert:1', command: ['{{args|into}}'], volumes: ['{{folder}}:{{folder}}'], user: null },
  ]);
  assert.deepEqual(server.promisedTools[0]?.inputSchema, tool.parameters);
  assert.deepEqual(server.isolation.mounts, [{ source: '~/films', target: '/films', readOnly: false }]);
  assert.equal(server.share, 'user');
});

test('a tool without a container, or without an image, is refused', () => {
  const entry = (tools: readonly object[]) => ({ snapshot: { server: { name: 'x', type: 'poci', tools } } });
  assert.match(refusalOf(entry([{ name: 'a' }])), /none names one/);
  assert.match(refusalOf(entry([{ name: 'a', container: { image: 'A B' } }])), /"a" names no image/);
});

test('a call mounts what lies in a granted folder, as it was granted, and nothing else', () => {
  const granted = [
    { source: '~/films', target: '/films', readOnly: false },
    { source: '${workspace}', target: '/work', readOnly: true },
  ];
  const places = { home: '/home/you', workspace: '/srv/project' };
  const mounts = (...volumes: readonly string[]) => callMounts(volumes, granted, places);
  assert.deepEqual(mounts('/home/you/films/a:/in', '/srv/project:/p:rw'), {
    mounts: [
      { source: '~/films/a', target: '/in', readOnly: false },
      { source: '${workspace}', target: '/p', readOnly: true },
    ],
  });
  for (const volume of [
    '/home/you:/in',
    '/home/you/films2:/in',
    '/home/you/films/../.ssh:/in',
    '/var/run/docker.sock:/s',
    'data:/in',
    'x',
  ]) {
    assert.ok('why' in mounts(volume), volume);
  }
  assert.ok('why' in callMounts(['/home/you/films:/in'], [], places));
});
