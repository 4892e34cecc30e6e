import { execFile } from 'node:child_process';
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import Docker from 'dockerode';
import { connectControl, type ControlClient } from '../../src/node/controlClient.ts';
import { daemonSocket, findLocations, type Locations } from '../../src/node/locations.ts';
import type { DaemonStatus } from '../../src/shared/controlProtocol.ts';
import { startMcpProgram, type McpClient } from './mcpClient.ts';
import { builtPrograms } from './programs.ts';
import { until } from './until.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A list of thousands of calls has more than Node's own limit of 1 MB. */
const mostOutput = 256 * 1024 * 1024;

/** More than a gateway in the foreground needs to stop its servers. */
const endPatienceMs = 15_000;

type Variables = Readonly<Record<string, string>>;

/** Codex clears the environment of a server and then sets these of its own, where it has them (reference: codex, environment). */
const codexVariables = ['LOGNAME', 'PATH', 'SHELL', 'USER', 'LANG', 'LC_ALL', 'TERM', 'TMPDIR', 'TZ'];
const dockerVariables = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY'];

/** A user of their own: a home folder, a project in it, and the daemons that they start. */
export class WharfHome {
  readonly home: string;
  readonly project: string;
  /** Exactly what Codex gives to a server that it starts. */
  readonly env: Variables;
  /** Processes that this home's daemons were, as far as they were asked. */
  readonly daemonPids = new Set<number>();
  private readonly clients: McpClient[] = [];
  private readonly t: TestContext;

  constructor(t: TestContext, folder: string) {
    this.t = t;
    this.home = join(folder, 'home');
    this.project = join(folder, 'home', 'project');
    this.env = { ...pick(codexVariables), HOME: this.home };
  }

  /** Where Wharf keeps things for this user: read from the location file. */
  get locations(): Locations {
    return findLocations({ mayRecord: false, env: this.env, home: this.home });
  }

  async writeProfile(id: string, yaml: string, scope: 'project' | 'user' = 'project'): Promise<string> {
    const folder = scope === 'project' ? join(this.project, '.codex', 'profiles') : join(this.home, '.config', 'wharf', 'profiles');
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${id}.yaml`);
    await writeFile(path, yaml);
    return path;
  }

  /** Runs the command line in the project, as a person does; `input` is all of its stdin. */
  async wharf(args: readonly string[], env: Variables = {}, input?: string): Promise<Ended> {
    const script = join(await builtPrograms(), 'wharf.cjs');
    const options = { cwd: this.project, env: { ...this.env, ...pick(dockerVariables), ...env }, maxBuffer: mostOutput };
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr });
      });
      if (input !== undefined) {
        child.stdin?.end(input);
      }
    });
  }

  async allow(id: string): Promise<void> {
    const ended = await this.wharf(['profile', 'allow', id, '--yes', '--no-discover']);
    assert.equal(ended.code, 0, ended.stderr);
  }

  /** Writes a project profile and allows it. */
  async addProfile(id: string, yaml: string): Promise<string> {
    const path = await this.writeProfile(id, yaml);
    await this.allow(id);
    return path;
  }

  /** What Codex runs: `wharf gateway run`, in the project, with Codex's environment. */
  async gateway(args: readonly string[], options: { readonly env?: Variables; readonly cwd?: string } = {}): Promise<McpClient> {
    const script = join(await builtPrograms(), 'wharf.cjs');
    const env = { ...this.env, ...options.env };
    const client = startMcpProgram(this.t, process.execPath, [script, 'gateway', 'run', ...args], {
      cwd: options.cwd ?? this.project,
      env,
    });
    this.clients.push(client);
    return client;
  }

  /** A session of a profile that has listed its tools. */
  async session(profile: string): Promise<McpClient> {
    const client = await this.gateway(['--profile', profile]);
    const reply = await client.initialize();
    assert.equal(reply.error, undefined, reply.error?.message);
    await client.listTools();
    return client;
  }

  /** A control connection to the daemon that runs, or undefined. */
  async control(): Promise<ControlClient | undefined> {
    const opened = await connectControl(daemonSocket(this.locations));
    if (!opened.ok) {
      return undefined;
    }
    this.t.after(() => opened.value.close());
    return opened.value;
  }

  /** What the running daemon says of itself. */
  async status(): Promise<DaemonStatus> {
    const control = await this.control();
    assert.ok(control, `No daemon answers.\n${await this.log()}`);
    const status = await control.request('daemon/status', {});
    control.close();
    assert.ok(status.ok);
    this.daemonPids.add(status.value.pid);
    return status.value;
  }

  async log(): Promise<string> {
    return readFile(join(this.locations.dataFolder, 'daemon.log'), 'utf8').catch(() => '');
  }

  /** Ends what still writes into this home: a gateway in the foreground, and shims, which would start the daemon again. */
  async endClients(): Promise<void> {
    for (const client of this.clients.filter(({ isRunning }) => isRunning)) {
      client.kill('SIGTERM');
      const hard = setTimeout(() => client.kill('SIGKILL'), endPatienceMs);
      await client.exited;
      clearTimeout(hard);
    }
  }

  /** Stops every daemon of this home, by word and then by id, and proves that none of their containers is left. */
  async stop(): Promise<void> {
    for (const socket of await this.sockets()) {
      const control = await connectControl(socket);
      const status = control.ok ? await control.value.request('daemon/status', {}) : undefined;
      if (control.ok && status?.ok === true) {
        this.daemonPids.add(status.value.pid);
        await control.value.request('daemon/stop', {});
        await until(() => !isRunning(status.value.pid), { timeoutMs: 20_000, what: 'the daemon to stop' }).catch(() =>
          process.kill(status.value.pid, 'SIGKILL'),
        );
      }
    }
    for (const pid of this.daemonPids) {
      assert.deepEqual(await containersOf(pid), [], `containers of the daemon ${pid} are left`);
    }
  }

  private async sockets(): Promise<readonly string[]> {
    const { runtimeFolder } = this.locations;
    const names = await readdir(runtimeFolder).catch(() => []);
    return names.filter((name) => name.endsWith('.sock')).map((name) => join(runtimeFolder, name));
  }
}

/** A new home. When the test ends its daemons are stopped, and the folder is removed. */
export async function makeHome(t: TestContext): Promise<WharfHome> {
  await builtPrograms();
  const folder = await mkdtemp(join(tmpdir(), 'wharf-home-'));
  const home = new WharfHome(t, folder);
  await mkdir(join(home.project, '.codex', 'profiles'), { recursive: true });
  t.after(async () => {
    try {
      await home.endClients();
      await home.stop();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  return home;
}

/** Whether a process still does anything. A zombie has ended: its parent, often process 1, just did not look yet. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') {
      return true;
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** Ids of the containers that a process owns, in whatever state; none where Docker does not answer. */
export async function containersOf(pid: number): Promise<readonly string[]> {
  const listed = await new Docker()
    .listContainers({ all: true, filters: { label: ['wharf.managed=true', `wharf.owner.pid=${pid}`] } })
    .catch((error: unknown) => {
      if (existsSync('/var/run/docker.sock')) {
        throw error;
      }
      return [];
    });
  return listed.map(({ Id }) => Id);
}

function pick(names: readonly string[]): Variables {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

/** A profile with the built-in demo server alone. */
export const demoProfile = 'version: 1\nservers:\n  - catalog_ref: builtin\n    name: demo\n';

/** The same, with a copy of the server for each client, which ends with it. */
export const ownDemoProfile = `${demoProfile}    wharf: { share: session }\n`;
