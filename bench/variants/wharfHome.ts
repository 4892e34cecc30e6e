import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connectControl } from '../../src/node/controlClient.ts';
import { daemonSocket, findLocations } from '../../src/node/locations.ts';
import { builtPrograms } from '../../test/support/programs.ts';
import { until } from '../../test/support/until.ts';
import { containersOf, isRunning } from '../../test/support/wharfHome.ts';
import type { Cleanup } from '../cleanup.ts';
import { StdioClient } from '../client/stdioClient.ts';

/** A user of their own with a daemon of their own, on whom nothing of this machine's user has an effect. */
export class BenchHome {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  private readonly program: string;

  constructor(folder: string, program: string) {
    this.folder = folder;
    this.program = program;
    this.env = { HOME: folder, PATH: process.env['PATH'] ?? '' };
  }

  /** Arguments for Node that run `wharf`. */
  command(...args: readonly string[]): readonly string[] {
    return [this.program, ...args];
  }

  /** Writes a profile of the user's own, which needs no further permission. */
  async writeProfile(id: string, yaml: string): Promise<void> {
    const profiles = join(this.folder, '.config', 'wharf', 'profiles');
    await mkdir(profiles, { recursive: true });
    await writeFile(join(profiles, `${id}.yaml`), yaml);
  }

  /** What Codex starts for a thread. */
  shim(profile: string): StdioClient {
    return new StdioClient(process.execPath, this.command('gateway', 'run', '--profile', profile), { cwd: this.folder, env: this.env });
  }

  /** The process id of the daemon that runs, or undefined. */
  async daemonPid(): Promise<number | undefined> {
    const control = await connectControl(daemonSocket(findLocations({ mayRecord: false, env: this.env, home: this.folder })));
    if (!control.ok) {
      return undefined;
    }
    const status = await control.value.request('daemon/status', {});
    control.value.close();
    return status.ok ? status.value.pid : undefined;
  }

  /** Stops the daemon, and by its id when it does not go. Throws when containers of it are left. */
  async stop(): Promise<void> {
    const pid = await this.daemonPid();
    if (pid !== undefined) {
      process.kill(pid, 'SIGTERM');
      await until(() => !isRunning(pid), { timeoutMs: 20_000, what: 'the daemon to stop' }).catch(() => process.kill(pid, 'SIGKILL'));
      await until(async () => (await containersOf(pid)).length === 0, { timeoutMs: 20_000, what: 'its containers to be gone' });
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function makeBenchHome(cleanup: Cleanup): Promise<BenchHome> {
  const program = join(await builtPrograms(), 'wharf.cjs');
  const home = new BenchHome(await mkdtemp(join(tmpdir(), 'wharf-bench-')), program);
  cleanup.add(() => home.stop());
  return home;
}
