import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readPluginCall } from '../../../src/cli/dockerPluginWords.ts';

function argv(...args: readonly string[]): readonly string[] {
  const call = readPluginCall(args, {});
  assert.equal(call.kind, 'run');
  return call.kind === 'run' ? call.argv : [];
}

test('the Docker CLI calls its plugin with "mcp" in front, for help with "help mcp", for completion as cobra does', () => {
  assert.deepEqual(argv('mcp', 'profile', 'create', '--name', 'mcp'), ['profile', 'create', '--name', 'mcp']);
  assert.deepEqual(argv('mcp', '--help'), ['--help']);
  assert.deepEqual(argv('help', 'mcp', 'profile'), ['profile', '--help']);
  assert.deepEqual(argv('__complete', 'mcp', 'gateway', ''), ['__complete', 'gateway', '']);
  assert.deepEqual(argv('__completeNoDesc', 'mcp', 'p'), ['__completeNoDesc', 'p']);
  // Without Docker in front.
  assert.deepEqual(argv('gateway', 'run'), ['gateway', 'run']);
  assert.deepEqual(argv('--version'), ['--version']);
});

test("options of the Docker CLI before its plugin's name count as their variables do, and others are refused", () => {
  const env: NodeJS.ProcessEnv = { DOCKER_HOST: 'unix:///a.sock' };
  assert.deepEqual(readPluginCall(['-D', '-l', 'debug', '--context=far', '--config', '/c', 'mcp', 'version', '-D'], env), {
    kind: 'run',
    argv: ['version', '-D'],
  });
  assert.deepEqual(env, { DOCKER_HOST: '', DOCKER_CONTEXT: 'far', DOCKER_CONFIG: '/c' });
  readPluginCall(['-Htcp://127.0.0.1:1', 'mcp'], env);
  assert.deepEqual([env['DOCKER_HOST'], env['DOCKER_CONTEXT']], ['tcp://127.0.0.1:1', '']);
  assert.deepEqual(readPluginCall(['--tlsverify', 'mcp', 'version'], {}), { kind: 'refused', option: '--tlsverify' });
});
