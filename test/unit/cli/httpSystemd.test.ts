import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { until } from '../../support/until.ts';
import { bundledProgram } from './program.ts';
import { askStandIn, standInGateway } from './standIns.ts';
import { startUserSystemd } from './userSystemd.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('a real systemd of the user runs the service, whatever its paths are called, starts it again when it dies, and ends it', async (t) => {
  const wharf = await bundledProgram();
  t.after(() => wharf.remove());
  standInGateway(wharf.dist);
  const home = join(wharf.home, 'a %h [x]* "b" $HOME \'c\' \\d');
  const project = join(wharf.project, 'ü ${USER} %n');
  for (const folder of [home, project]) {
    mkdirSync(join(folder, '.codex', 'profiles'), { recursive: true });
  }
  const profile = join(project, '.codex', 'profiles', 'dev.yaml');
  writeFileSync(profile, 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n');
  const env = await startUserSystemd(t, home);
  if (env === undefined) {
    return;
  }
  const port = await freePort();
  const client = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await wharf.run(['client', ...args], { cwd: project, env });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const stdout = await client('connect', 'codex', '--no-discover', '--profile', 'dev', '--launcher', 'http', '--port', String(port));
  const line =
    stdout
      .split('\n')
      .find((text) => text.startsWith('  export '))
      ?.trim() ?? '';
  const token = execFileSync('sh', ['-c', `${line}; printf %s "$WHARF_HTTP_TOKEN"`], { encoding: 'utf8' });
  assert.match(token, /^[\w-]{43}$/, 'the line for the shell gives the token');

  const first = await askStandIn(port, token);
  assert.equal(first.authorized, true);
  assert.deepEqual(first.profiles, [{ by: 'file', path: profile }]);
  assert.equal(first.path, process.env['PATH']);
  assert.doesNotMatch(readFileSync(`/proc/${first.pid}/cmdline`, 'utf8'), new RegExp(token));
  assert.match(readFileSync(`/proc/${first.pid}/status`, 'utf8'), /^NoNewPrivs:\s*1$/m);
  assert.match(readFileSync(`/proc/${first.pid}/limits`, 'utf8'), /^Max core file size\s+0\s+0\s/m);

  process.kill(first.pid, 'SIGKILL');
  const second = await until(async () => (await askStandIn(port, token)).pid !== first.pid && askStandIn(port, token), {
    timeoutMs: 20_000,
    what: 'systemd to start the gateway again',
  });
  assert.equal(second.authorized, true);

  await client('disconnect', 'codex');
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
  assert.ok(!existsSync(join(home, '.config', 'systemd', 'user', 'wharf-gateway.service')));
  assert.ok(!existsSync(join(home, '.config', 'systemd', 'user', 'default.target.wants', 'wharf-gateway.service')));
  const units = execFileSync('systemctl', ['--user', 'list-units', '--all', '--no-legend', '--no-pager', 'wharf*'], {
    env,
    encoding: 'utf8',
  });
  assert.equal(units.trim(), '');
});
