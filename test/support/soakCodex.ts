import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { prepareCodexHome } from './codex.ts';
import { startMockModel } from './mockModel.ts';
import { foreverMs, type Cycle } from './soakClients.ts';
import type { SoakHome } from './soakHome.ts';
import { codexBinary } from './tools.mjs';
import { until } from './until.ts';

/** Kills the real `codex exec`, and nothing else, in the middle of a call. One at a time in one home, which the first connects. */
export function codexKilled(t: Pick<TestContext, 'after'>): Cycle {
  return async (home, turn) => {
    if (turn === 0) {
      const connected = await home.user.wharf([
        'client',
        'connect',
        'codex',
        '--no-discover',
        '--profile',
        home.profile,
        '--approve',
        'all',
      ]);
      assert.equal(connected.code, 0, connected.stderr);
    }
    const call = { name: 'own_slow', namespace: 'mcp__MCP_DOCKER', arguments: { ms: foreverMs } };
    const model = await startMockModel([{ call }]);
    t.after(() => model.close());
    const { project: cwd } = home.user;
    const env = await prepareCodexHome(model.url, { cwd, home: home.user.home, model: 'mock-model' });
    const args = ['exec', '--profile', 'mock', '--skip-git-repo-check', '--json', '--disable', 'plugins', '--disable', 'apps', 'Call it.'];
    // In a group of its own, as from a terminal.
    const codex = spawn(await codexBinary(), args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const ended = once(codex, 'exit');
    t.after(() => codex.kill('SIGKILL'));
    let said = '';
    codex.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
    codex.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
    try {
      await until(() => isCalled(home), { timeoutMs: 30_000, what: 'the call of Codex' }).catch((error: unknown) => {
        throw new Error(said, { cause: error });
      });
    } finally {
      codex.kill('SIGKILL');
      await ended;
      await model.close();
    }
  };
}

async function isCalled(home: SoakHome): Promise<boolean> {
  const control = await home.user.control();
  const listed = await control?.request('calls/list', { limit: 1 });
  control?.close();
  const [call] = listed?.ok === true ? listed.value.calls : [];
  const isOpen = call?.status === 'running' && call.client.startsWith('codex');
  return isOpen && (await home.containers()).length > 0;
}
