import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';

import { problems } from '../core/problems.ts';
import { LineFramer } from '../node/lines.ts';
import { daemonId, daemonSocket, type Locations } from '../node/locations.ts';
import { ensurePrivateFolder } from '../node/privateFolder.ts';
import { protocolVersion, type DaemonStatus, type Hello, type HelloReply } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';
import { serveControl } from './control.ts';
import { takeDaemonLock, type DaemonLock } from './daemonLock.ts';
import { Gateway } from './gateway.ts';

const defaultIdleMs = 5 * 60_000;

/** How `runDaemon` ended up: serving, or not needed because another one serves. */
export type DaemonStart = { readonly kind: 'serving'; readonly ended: Promise<void>; stop(): void } | { readonly kind: 'alreadyRunning' };

/** Serves every shim, editor and command of this user, until it is told to stop or nothing used it for `idleMs`. */
export async function runDaemon(locations: Locations, log: (line: string) => void, idleMs = defaultIdleMs): Promise<Result<DaemonStart>> {
  const folder = ensurePrivateFolder(locations.runtimeFolder);
  if (!folder.ok) {
    return folder;
  }
  const lock = takeDaemonLock(locations.runtimeFolder, daemonId(locations));
  if (lock === undefined) {
    return ok({ kind: 'alreadyRunning' });
  }
  const daemon = new Daemon(locations, log, lock, idleMs);
  const listening = await daemon.listen();
  return listening.ok ? ok({ kind: 'serving', ended: daemon.ended, stop: () => daemon.stop() }) : listening;
}

class Daemon {
  readonly ended: Promise<void>;
  private readonly locations: Locations;
  private readonly log: (line: string) => void;
  private readonly lock: DaemonLock;
  private readonly idleMs: number;
  private readonly gateway: Gateway;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly path: string;
  private idleTimer: NodeJS.Timeout | undefined;
  private stopping = false;
  private finish: () => void = () => undefined;

  constructor(locations: Locations, log: (line: string) => void, lock: DaemonLock, idleMs: number) {
    this.locations = locations;
    this.log = log;
    this.lock = lock;
    this.idleMs = idleMs;
    this.path = daemonSocket(locations);
    this.gateway = new Gateway(locations, log);
    this.server = createServer((socket) => this.accept(socket));
    this.ended = new Promise((resolve) => (this.finish = resolve));
  }

  listen(): Promise<Result<null>> {
    if (process.platform !== 'win32') {
      // We hold the lock, so that whoever left a socket here is dead.
      rmSync(this.path, { force: true });
    }
    return new Promise((resolve) => {
      this.server.once('error', (error) => {
        this.lock.release();
        resolve(fail(problems.daemonUnreachable(this.path, error.message)));
      });
      this.server.listen(this.path, () => {
        this.log(`Wharf ${version} serves at ${this.path}, Docker is at ${this.gateway.dockerEndpoint}.`);
        this.watchIdle();
        resolve(ok(null));
      });
    });
  }

  stop(): void {
    if (this.stopping) {
      return;
    }
    this.stopping = true;
    clearTimeout(this.idleTimer);
    this.server.close();
    void this.gateway.close().then(() => {
      for (const socket of this.sockets) {
        socket.destroy();
      }
      this.log('Wharf stopped.');
      this.lock.release();
      this.finish();
    });
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    clearTimeout(this.idleTimer);
    let handler: ((chunk: Buffer) => void) | undefined;
    let early: Buffer[] = [];
    const framer = new LineFramer((line) => {
      const hello = parseHello(line);
      if (!hello.ok) {
        socket.end(replyLine({ wharf: protocolVersion, ok: false, problem: hello.problem }));
        return;
      }
      void this.serve(socket, hello.value).then((serving) => {
        handler = serving;
        for (const chunk of early) {
          serving(chunk);
        }
        early = [];
      });
    });
    let greeted = false;
    socket.on('data', (chunk: Buffer) => {
      if (handler !== undefined) {
        handler(chunk);
      } else if (greeted) {
        early.push(chunk);
      } else {
        // Nothing may follow the hello before it is answered.
        greeted = chunk.includes(0x0a);
        framer.push(chunk);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.watchIdle();
    });
  }

  private async serve(socket: Socket, hello: Hello): Promise<(chunk: Buffer) => void> {
    const reply: HelloReply = { wharf: protocolVersion, ok: true, version, pid: process.pid };
    if (hello.role === 'control') {
      const control = serveControl(socket, { gateway: this.gateway, status: () => this.status(), stop: () => this.stop() });
      socket.write(replyLine(reply));
      return (chunk) => control.receive(chunk);
    }
    const session = await this.gateway.openSession(hello.profile, hello.cwd, (line) => socket.write(`${line}\n`));
    const framer = new LineFramer((line) => session.receive(line));
    const close = (): void => void this.gateway.closeSession(session);
    if (socket.destroyed) {
      close();
    } else {
      socket.on('close', close);
      socket.write(replyLine(reply));
    }
    return (chunk) => framer.push(chunk);
  }

  private status(): DaemonStatus {
    return {
      version,
      pid: process.pid,
      dockerEndpoint: this.gateway.dockerEndpoint,
      socket: this.path,
      dataFolder: this.locations.dataFolder,
      sessions: this.gateway.openSessions.map((session) => session.report()),
    };
  }

  private watchIdle(): void {
    clearTimeout(this.idleTimer);
    if (this.sockets.size === 0 && !this.stopping) {
      this.idleTimer = setTimeout(() => this.stop(), this.idleMs);
    }
  }
}

function replyLine(reply: HelloReply): string {
  return `${JSON.stringify(reply)}\n`;
}

function parseHello(line: Buffer): Result<Hello> {
  let hello: Partial<Hello> | null;
  try {
    hello = JSON.parse(line.toString()) as Partial<Hello> | null;
  } catch {
    hello = null;
  }
  const ours = String(protocolVersion);
  if (typeof hello !== 'object' || hello === null || hello.wharf !== protocolVersion) {
    return fail(problems.daemonProtocol(ours, String(hello?.wharf ?? 'unknown')));
  }
  const isSession =
    hello.role === 'session' &&
    typeof hello.cwd === 'string' &&
    typeof hello.profile === 'object' &&
    (hello.profile.by === 'id' ? typeof hello.profile.id === 'string' : typeof hello.profile.path === 'string');
  return hello.role === 'control' || isSession ? ok(hello as Hello) : fail(problems.daemonProtocol(ours, ours));
}
