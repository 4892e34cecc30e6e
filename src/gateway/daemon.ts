import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import * as problems from '../core/problems.ts';
import { connectControl } from '../node/controlClient.ts';
import { daemonId, daemonSocket, type Locations } from '../node/locations.ts';
import { notificationOf } from '../node/envelope.ts';
import { ensurePrivateFolder } from '../node/privateFolder.ts';
import { protocolVersion, refusalMethod, type DaemonStatus, type HelloReply } from '../shared/controlProtocol.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';
import { Connection } from './connection.ts';
import { serveControl } from './control.ts';
import { takeDaemonLock, type DaemonLock } from './daemonLock.ts';
import { describeError } from './describeError.ts';
import { Gateway, stopPatienceMs } from './gateway.ts';
import { parseHello } from './hello.ts';

const defaultIdleMs = 5 * 60_000;
/** How long a new daemon waits for one that is ending. */
const turnPatienceMs = 8_000;
/** The first client goes before the search for what a dead daemon left. */
const orphanDelayMs = 1_000;
const helloPatienceMs = 5_000;

/** How `runDaemon` ended up: serving, or not needed because another one serves. */
export type DaemonStart = { readonly kind: 'serving'; readonly ended: Promise<void>; stop(): void } | { readonly kind: 'alreadyRunning' };

/** Serves every shim, editor and command of this user, until it is told to stop or nothing used it for `idleMs`. */
export async function runDaemon(locations: Locations, log: (line: string) => void, idleMs = defaultIdleMs): Promise<Result<DaemonStart>> {
  const folder = ensurePrivateFolder(locations.runtimeFolder);
  if (!folder.ok) {
    return folder;
  }
  const lock = await waitForTurn(locations);
  if (lock === undefined) {
    return ok({ kind: 'alreadyRunning' });
  }
  const daemon = new Daemon(locations, log, lock, idleMs);
  const listening = await daemon.listen();
  return listening.ok ? ok({ kind: 'serving', ended: daemon.ended, stop: () => daemon.stop() }) : listening;
}

/** The lock, or undefined when a daemon serves. One that is ending still holds the lock and no longer listens. */
async function waitForTurn(locations: Locations): Promise<DaemonLock | undefined> {
  const end = Date.now() + turnPatienceMs;
  for (;;) {
    const lock = takeDaemonLock(locations.runtimeFolder, daemonId(locations));
    if (lock !== undefined) {
      return lock;
    }
    const other = await connectControl(daemonSocket(locations));
    if (other.ok) {
      other.value.close();
    }
    if (other.ok || other.problem.code !== 'WHARF_DAEMON_UNREACHABLE' || Date.now() > end) {
      return undefined;
    }
    await pause(50);
  }
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
  private draining = false;
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
      const onError = (error: Error): void => {
        this.lock.release();
        resolve(fail(problems.daemonUnreachable(this.path, error.message)));
      };
      this.server.once('error', onError);
      this.server.listen(this.path, () => {
        // A connection that cannot be taken, as when there are too many open files, is not the end.
        this.server.off('error', onError).on('error', (error) => this.log(`A connection could not be taken: ${error.message}`));
        setTimeout(() => void this.gateway.removeOrphans(), orphanDelayMs).unref();
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
    if (!this.draining) {
      this.server.close();
    }
    void this.end();
  }

  /** The socket and the lock are free for a newer daemon; whoever is connected is served to the end. */
  private drain(by: string): void {
    if (this.draining || this.stopping) {
      return;
    }
    this.draining = true;
    this.log(`Wharf ${by} takes over; this daemon ends with its last client.`);
    // Closing the server removes its socket: from here on the path belongs to the next one.
    this.server.close();
    this.lock.release();
    this.watchIdle();
  }

  private async end(): Promise<void> {
    try {
      await Promise.race([this.gateway.close(), pause(stopPatienceMs, undefined, { ref: false })]);
    } catch (error) {
      this.log(describeError(error));
    }
    for (const socket of this.sockets) {
      socket.destroy();
    }
    this.log('Wharf stopped.');
    if (!this.draining) {
      this.lock.release();
    }
    this.finish();
  }

  private accept(socket: Socket): void {
    if (this.stopping) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    clearTimeout(this.idleTimer);
    const connection = new Connection(socket, this.log, (line) => {
      clearTimeout(silence);
      this.greet(connection, line).catch((error: unknown) => connection.cutOff(describeError(error)));
    });
    const silence = setTimeout(() => connection.cutOff('it said no hello'), helloPatienceMs).unref();
    socket.on('close', () => {
      clearTimeout(silence);
      this.sockets.delete(socket);
      this.watchIdle();
    });
  }

  private async greet(connection: Connection, line: Buffer): Promise<void> {
    const { socket } = connection;
    const hello = parseHello(line);
    if (!hello.ok) {
      connection.end(Buffer.from(JSON.stringify({ wharf: protocolVersion, ok: false, problem: hello.problem } satisfies HelloReply)));
      connection.serve(() => undefined);
      return;
    }
    const reply = Buffer.from(JSON.stringify({ wharf: protocolVersion, ok: true, version, pid: process.pid } satisfies HelloReply));
    if (hello.value.role === 'control') {
      connection.send(reply);
      connection.serve(
        serveControl(connection, {
          gateway: this.gateway,
          status: () => this.status(),
          stop: () => this.stop(),
          drain: (by) => this.drain(by),
        }),
      );
      return;
    }
    // Before the profile is read: the shim reads its client's first words meanwhile.
    connection.send(reply);
    const { profile, cwd, settings = {}, resumed = false, hearsRefusal = false } = hello.value;
    const refused = (problem: Problem): void => (hearsRefusal ? connection.send(refusalOf(problem)) : undefined);
    const session = await this.gateway.openSession({ profile, cwd, settings, resumed, refused }, connection);
    connection.onDrained = () => session.drained();
    const close = (): void => {
      session.close().catch((error: unknown) => this.log(describeError(error)));
    };
    if (socket.destroyed) {
      close();
      return;
    }
    socket.on('close', close);
    connection.serve((message) => session.receive(message));
  }

  private status(): DaemonStatus {
    return {
      version,
      pid: process.pid,
      dockerEndpoint: this.gateway.dockerEndpoint,
      socket: this.path,
      dataFolder: this.locations.dataFolder,
      sessions: this.gateway.openSessions.map((session) => session.report()),
      instances: this.gateway.pool.reports(),
      journal: this.gateway.journal.report(),
    };
  }

  private watchIdle(): void {
    clearTimeout(this.idleTimer);
    if (this.sockets.size === 0 && !this.stopping) {
      // A passphrase that a person gave for hours must not be asked for again after minutes.
      const restMs = Math.max(this.idleMs, this.gateway.secrets.vault.heldForMs);
      this.idleTimer = setTimeout(() => this.stop(), this.draining ? 0 : restMs);
    }
  }
}

/** What a shim tells on stderr. */
function refusalOf(problem: Problem): Buffer {
  return notificationOf(refusalMethod, Buffer.from(JSON.stringify({ sentence: describeProblem(problem) })));
}
