import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { until } from './until.ts';

/** Debian's package docker-registry. */
const program = '/usr/bin/docker-registry';

export interface Registry {
  /** `127.0.0.1:PORT`, which Docker reaches without TLS. */
  readonly host: string;
  /** Where it keeps its blobs. */
  readonly folder: string;
}

interface RegistryUser {
  readonly name: string;
  /** As `htpasswd -B` writes it. */
  readonly bcrypt: string;
}

/** Starts a real registry for one test, or skips the test by name; in CI a missing registry fails. */
export async function startRegistry(t: TestContext, user?: RegistryUser): Promise<Registry | undefined> {
  if (!existsSync(program)) {
    if (process.env['CI'] !== undefined) {
      throw new Error(`${program} is missing: install the Debian package docker-registry.`);
    }
    t.skip(`needs ${program}`);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'wharf-registry-'));
  const port = await freePort();
  const lines = [
    'version: 0.1',
    'log: { level: error, accesslog: { disabled: true } }',
    `storage: { filesystem: { rootdirectory: ${JSON.stringify(folder)} } }`,
    `http: { addr: "127.0.0.1:${port}" }`,
  ];
  if (user !== undefined) {
    const file = join(folder, 'htpasswd');
    await writeFile(file, `${user.name}:${user.bcrypt}\n`);
    lines.push(`auth: { htpasswd: { realm: test, path: ${JSON.stringify(file)} } }`);
  }
  const config = join(folder, 'config.yml');
  await writeFile(config, `${lines.join('\n')}\n`);
  const child = spawn(program, ['serve', config], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const host = `127.0.0.1:${port}`;
  await until(async () => [200, 401].includes((await fetch(`http://${host}/v2/`)).status), { what: 'the registry to answer' });
  return { host, folder };
}

/** A registry reached through a gate that can be closed: then no byte comes from it any more. */
export interface Gate {
  readonly host: string;
  /** Connections on which bytes are held back. */
  readonly held: number;
  /** Lets this many more bytes come. */
  closeAfter(bytes: number): void;
  /** Lets everything come, also what was held back. */
  reopen(): void;
}

export async function gateTo(t: TestContext, registry: Registry): Promise<Gate> {
  const port = Number(registry.host.split(':')[1]);
  const sockets = new Set<Socket>();
  const held = new Set<Socket>();
  let left = Infinity;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    }
    far.on('close', () => held.delete(far));
    near.pipe(far);
    far.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      near.write(chunk);
      if (left < 0) {
        held.add(far.pause());
      }
    });
    far.on('end', () => near.end());
    near.on('close', () => far.destroy());
  });
  const host = `127.0.0.1:${await listen(server)}`;
  t.after(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return {
    host,
    get held() {
      return held.size;
    },
    closeAfter: (bytes) => {
      left = bytes;
    },
    reopen: () => {
      left = Infinity;
      held.forEach((socket) => socket.resume());
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
