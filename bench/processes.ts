import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

const stopPatienceMs = 10_000;
const lastWords = 4_000;

/** A program that runs beside the measurement, such as a proxy. */
export class Background {
  readonly pid: number;
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private hasEnded = false;
  private words = '';

  constructor(command: string, args: readonly string[], options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    this.child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.child.pid ?? 0;
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.words = (this.words + chunk.toString()).slice(-lastWords)));
    }
    this.exited = new Promise((resolve) => {
      const end = (): void => {
        this.hasEnded = true;
        resolve();
      };
      this.child.on('error', end);
      this.child.on('close', end);
    });
  }

  /** What it wrote last. Throws when it has ended. */
  get output(): string {
    if (this.hasEnded) {
      throw new Error(`A program of the benchmark ended: ${this.words}`);
    }
    return this.words;
  }

  async stop(): Promise<void> {
    const kill = setTimeout(() => this.child.kill('SIGKILL'), stopPatienceMs);
    this.child.kill('SIGTERM');
    await this.exited;
    clearTimeout(kill);
  }
}

/** A port that nobody listens on; the programs that are compared do not tell which one port 0 gave them. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN) / 1024;
}

/** Megabytes of a process, where what it shares with others is divided among them (PSS). */
export function pssOf(pid: number): number {
  return field(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss');
}

/** Megabytes that a process holds in memory, shared or not. */
export function rssOf(pid: number): number {
  return field(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS');
}

/** A process and all that it started, as far as they run now. */
export function treeOf(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) {
      const parent = parentOf(Number(name));
      if (parent !== undefined) {
        parents.set(Number(name), parent);
      }
    }
  }
  const tree = [root];
  for (const pid of tree) {
    tree.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child));
  }
  return tree;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
