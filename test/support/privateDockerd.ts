import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import type { DockerEndpoint } from '../../src/docker/endpoint.ts';
import { docker } from './dockerLane.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const program = '/usr/sbin/dockerd';
/** Nothing where we are root already. */
const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];

async function rootly(...words: readonly string[]): Promise<void> {
  const [command = '', ...args] = [...asRoot, ...words];
  await run(command, args);
}

/** The ids of the processes that have a text in their command lines. */
async function processesNaming(text: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(join('/proc', id, 'cmdline'), 'utf8').catch(() => '')));
  return ids.filter((_id, n) => lines[n]?.includes(text));
}

/** An engine of the test's own, which may be killed and restarted without harm to others. */
export interface PrivateDockerd {
  readonly endpoint: DockerEndpoint;
  readonly docker: Docker;
  /** Ends the engine, but not what it started. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  start(): Promise<void>;
}

/** Starts an engine that has one image of the common one; skips the test by name where there is none to start, and fails in CI. */
export async function startDockerd(t: TestContext, image: string): Promise<PrivateDockerd | undefined> {
  if (!existsSync(program)) {
    if (process.env['CI'] !== undefined) {
      throw new Error(`${program} is missing: install the Debian package docker.io.`);
    }
    t.skip(`needs ${program}`);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'wharf-dockerd-'));
  const at = (name: string): string => join(folder, name);
  const socketPath = at('docker.sock');
  const own = new Docker({ socketPath });
  let child: ChildProcess | undefined;
  const kill = async (signal: string): Promise<void> => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      await rootly('kill', `-${signal.slice(3)}`, (await readFile(at('docker.pid'), 'utf8')).trim());
      await ended;
    }
  };
  const start = async (): Promise<void> => {
    // Where nobody waits for orphans, the processes of a killed engine seem to live on, and the next one would not start.
    await rootly('rm', '-f', at('docker.pid'), at('exec/containerd/containerd.pid'));
    // In a network of its own: an engine without a bridge removes `docker0`, which belongs to the common engine.
    const folders = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('docker.pid')];
    const rest = ['--group', String(process.getgid?.() ?? 0), '--bridge', 'none', '--iptables=false', '--ip-forward=false'];
    const [command = program, ...args] = [...asRoot, 'unshare', '--net', program, '--host', `unix://${socketPath}`, ...folders, ...rest];
    child = spawn(command, args, { stdio: 'ignore' });
    await until(() => own.ping(), { timeoutMs: 60_000, what: 'dockerd to answer' });
  };
  t.after(async () => {
    if (child?.signalCode !== null || child.exitCode !== null) {
      // What a killed engine left is ended by the engine itself.
      await start();
    }
    await kill('SIGTERM');
    // A helper of a container that was being made when the engine was killed may be known to nobody.
    for (const pid of await processesNaming(folder)) {
      await rootly('kill', '-KILL', pid).catch(() => undefined);
    }
    await rootly('umount', at('data')).catch(() => undefined);
    await rootly('rm', '-rf', folder);
  });
  await mkdir(at('data'));
  await start();
  const loading = await own.loadImage(await docker.getImage(image).get());
  await new Promise<void>((resolve, reject) => {
    own.modem.followProgress(loading, (error) => (error === null ? resolve() : reject(error)));
  });
  return {
    endpoint: { url: `unix://${socketPath}`, options: { socketPath }, configFolder: folder },
    docker: own,
    kill: (signal) => kill(signal),
    start,
  };
}
