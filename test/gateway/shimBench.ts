import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';

import * as problems from '../../src/core/problems.ts';
import { ShimRelay } from '../../src/gateway/shimRelay.ts';
import type { DaemonSource } from '../../src/gateway/shimSearch.ts';
import { connectDaemon, type DaemonConnection } from '../../src/node/controlClient.ts';
import { readLines } from '../../src/node/lines.ts';
import type { Result } from '../../src/shared/result.ts';
import { until } from '../support/until.ts';

export interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly code: string } };
}

/** One connection to a scripted daemon, after the hello. */
export class DaemonEnd {
  readonly socket: Socket;
  readonly received: Message[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
  }

  send(...messages: readonly Message[]): void {
    this.socket.write(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
  }

  /** Waits for a request or a notification of this method. */
  hears(method: string, count = 1): Promise<Message> {
    return until(() => this.received.filter((message) => message.method === method)[count - 1], { what: `the daemon to hear "${method}"` });
  }
}

/** Something that listens where a daemon does, and answers what `answer` says. */
export class ScriptedDaemon {
  readonly path: string;
  readonly ends: DaemonEnd[] = [];
  answer: (message: Message, end: DaemonEnd) => void = () => undefined;
  private server: Server | undefined;

  constructor(t: TestContext, path?: string) {
    const folder = path === undefined ? mkdtempSync(join(tmpdir(), 'wharf-shim-')) : undefined;
    this.path = path ?? join(folder ?? '', 'd.sock');
    t.after(async () => {
      await this.stop();
      if (folder !== undefined) {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  async listen(): Promise<this> {
    const server = createServer((socket) => {
      const end = new DaemonEnd(socket.on('error', () => undefined));
      let greeted = false;
      readLines(socket, (line) => {
        const message = JSON.parse(line.toString()) as Message;
        if (greeted) {
          end.received.push(message);
          this.answer(message, end);
        } else {
          greeted = true;
          this.ends.push(end);
          socket.write('{"wharf":1,"ok":true,"version":"0.1.0","pid":7}\n');
        }
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.path, resolve));
    return this;
  }

  /** The connection of this number, from 0. */
  end(at: number): Promise<DaemonEnd> {
    return until(() => this.ends[at], { what: `connection ${at} to the daemon` });
  }

  /** Ends in order: the socket is removed first. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.close();
    this.ends.forEach(({ socket }) => socket.destroy());
    await until(() => server === undefined || !server.listening);
  }
}

/** A client's end of a relay. */
export class RelayClient {
  readonly input = new PassThrough();
  readonly output = new PassThrough();
  readonly received: Message[] = [];
  ended: { readonly code: number; readonly sentence: string | undefined } | undefined;
  readonly relay: ShimRelay;
  private readonly path: string;

  constructor(t: TestContext, path: string, source: Partial<DaemonSource> = {}) {
    this.path = path;
    const whole: DaemonSource = {
      connect: () => this.plainConnect(),
      wasStopped: () => false,
      unreachable: (detail) => problems.daemonUnreachable(path, detail),
      pausesMs: [0, 1, 2, 4, 8, 16, 32, 64, 128, 256],
      ...source,
    };
    this.relay = new ShimRelay(this, whole, (code, sentence) => (this.ended = { code, sentence }));
    t.after(() => this.relay.end(0));
  }

  plainConnect(): Promise<Result<DaemonConnection>> {
    return connectDaemon(this.path, { wharf: 1, role: 'control', version: '0.1.0' });
  }

  async start(reads = true): Promise<this> {
    assert.ok(await this.tryStart(reads));
    return this;
  }

  /** Whether there was a daemon. Every line has to be JSON. */
  async tryStart(reads = true): Promise<boolean> {
    const connection = await this.plainConnect();
    if (connection.ok) {
      this.relay.start(connection.value);
      if (reads) {
        readLines(this.output, (line) => this.received.push(JSON.parse(line.toString()) as Message));
      }
    }
    return connection.ok;
  }

  send(...messages: readonly Message[]): void {
    this.input.write(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
  }

  /** Waits for what answers a request. */
  answer(id: number | string): Promise<Message> {
    return until(() => this.received.find((message) => message.id === id && message.method === undefined), { what: `an answer to ${id}` });
  }

  /** Ends a connection, and waits until the relay has noticed. */
  async lose(end: DaemonEnd): Promise<void> {
    const id = `lost-${this.received.length}`;
    this.send({ id, method: 'ping' });
    await until(() => end.received.some((message) => message.id === id));
    end.socket.destroy();
    assert.equal((await this.answer(id)).error?.data?.code, 'WHARF_DAEMON_LOST');
  }

  async initialize(daemon: DaemonEnd): Promise<void> {
    this.send({ id: 'first', method: 'initialize', params: { protocolVersion: '2025-06-18', clientInfo: { name: 'bench' } } });
    await daemon.hears('initialize');
    daemon.send({ id: 'first', result: { protocolVersion: '2025-06-18' } });
    await this.answer('first');
    this.send({ method: 'notifications/initialized' });
    await daemon.hears('notifications/initialized');
  }
}
