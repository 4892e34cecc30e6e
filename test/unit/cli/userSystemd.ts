import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

import { until } from '../../support/until.ts';

const program = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].find((path) => existsSync(path));

/** Where the unified hierarchy is: the manager of a user wants to have a part of it for itself. */
const cgroups = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) => existsSync(join(path, 'cgroup.procs')));

/** It believes that the system was booted with systemd, and has the cgroups to itself, in a mount namespace of its own. */
const script = `
set -e
echo $$ > "$CGROUP/cgroup.procs"
mount --bind "$CGROUPS" /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
exec "$SYSTEMD" --user --log-target=console --unit=basic.target
`;

/** Starts a real systemd of a user, for `systemctl --user` with the variables that come back; undefined where none can be had. */
export async function startUserSystemd(t: TestContext, home: string): Promise<Readonly<Record<string, string>> | undefined> {
  if (process.getuid?.() !== 0 || program === undefined || cgroups === undefined || spawnSync('unshare', ['-m', 'true']).status !== 0) {
    t.skip('a systemd of the user needs root, systemd and mount namespaces here');
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'wharf-systemd-'));
  const cgroup = join(cgroups, `wharf-test-${process.pid}`);
  mkdirSync(cgroup);
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_RUNTIME_DIR: folder };
  const manager = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
    env: { ...env, CGROUP: cgroup, CGROUPS: cgroups, SYSTEMD: program },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => manager.once('close', () => resolve()));
  let log = '';
  manager.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  manager.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  t.after(async () => {
    manager.kill('SIGTERM');
    await ended;
    await until(() => removed(cgroup), { what: 'the cgroup to be empty' });
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = promisify(execFile);
  await until(async () => (await ask('systemctl', ['--user', 'show-environment'], { env })).stdout !== '', {
    what: 'systemd of the user to answer',
  }).catch((error: unknown) => {
    throw new Error(`systemd did not start: ${log}`, { cause: error });
  });
  return env;
}

/** A cgroup is a folder with folders in it that goes when no process is left. */
function removed(cgroup: string): boolean {
  const inner = spawnSync('find', [cgroup, '-mindepth', '1', '-type', 'd', '-depth'], { encoding: 'utf8' }).stdout;
  for (const path of [...inner.split('\n').filter(Boolean), cgroup]) {
    rmdirSync(path);
  }
  return true;
}
