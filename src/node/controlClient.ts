import { connect, type Socket } from 'node:net';

import { problems } from '../core/problems.ts';
import {
  problemErrorCode,
  protocolVersion,
  type ControlMethods,
  type ControlNotifications,
  type Hello,
  type HelloReply,
} from '../shared/controlProtocol.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';
import { JsonRpcPeer } from './jsonRpcPeer.ts';
import { LineFramer, LineTooLong, readLines } from './lines.ts';

/** A connection to the daemon's socket after both said hello. */
export interface DaemonConnection {
  readonly socket: Socket;
  readonly reply: Extract<HelloReply, { ok: true }>;
}

const helloPatienceMs = 5_000;

/** Connects and says hello. The socket is paused afterwards: nothing that follows is lost. */
export function connectDaemon(path: string, hello: Hello): Promise<Result<DaemonConnection>> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const timer = setTimeout(
      () => give(fail(problems.daemonUnreachable(path, 'it accepted the connection and stayed silent'))),
      helloPatienceMs,
    );
    const framer = new LineFramer((line) => give(readReply(path, socket, line)));
    const onData = (chunk: Buffer): void => {
      // The reply is one line, sent alone: the daemon speaks again only after our next message.
      try {
        framer.push(chunk);
      } catch (error) {
        if (!(error instanceof LineTooLong)) {
          throw error;
        }
        give(fail(problems.daemonUnreachable(path, error.message)));
      }
    };
    const onError = (error: Error): void => give(fail(problems.daemonUnreachable(path, error.message)));
    const onClose = (): void => give(fail(problems.daemonUnreachable(path, 'it closed the connection')));
    const give = (result: Result<DaemonConnection>): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', onError).off('close', onClose);
      if (result.ok) {
        socket.pause();
      } else {
        socket.on('error', () => undefined);
        socket.destroy();
      }
      resolve(result);
    };
    socket.on('data', onData).on('error', onError).on('close', onClose);
    socket.once('connect', () => socket.write(`${JSON.stringify(hello)}\n`));
  });
}

function readReply(path: string, socket: Socket, line: Buffer): Result<DaemonConnection> {
  const reply = parseReply(line);
  if (reply === undefined) {
    return fail(problems.daemonUnreachable(path, 'its answer is not a Wharf hello'));
  }
  if (!reply.ok) {
    return fail(reply.problem);
  }
  return reply.wharf === protocolVersion
    ? ok({ socket, reply })
    : fail(problems.daemonProtocol(String(reply.wharf), String(protocolVersion)));
}

/** Whoever listens at our path may be no daemon at all. */
function parseReply(line: Buffer): HelloReply | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const reply = value as { wharf?: unknown; ok?: unknown; problem?: { code?: unknown; message?: unknown } | null };
  const hasProblem = typeof reply.problem?.code === 'string' && typeof reply.problem.message === 'string';
  return typeof reply.wharf === 'number' && (reply.ok === true || (reply.ok === false && hasProblem)) ? (value as HelloReply) : undefined;
}

/** Requests and notifications of a control connection. */
export class ControlClient {
  private readonly socket: Socket;
  private readonly peer: JsonRpcPeer;
  private readonly listeners = new Map<string, Set<(params: unknown) => void>>();
  private readonly path: string;
  /** Resolves with the reason when the connection is gone. */
  readonly closed: Promise<Problem>;

  constructor(socket: Socket, path: string) {
    this.socket = socket;
    this.path = path;
    this.peer = new JsonRpcPeer((line) => socket.write(`${line}\n`), {
      onNotification: (message) => {
        for (const listener of this.listeners.get(message.method) ?? []) {
          listener(message.params);
        }
      },
    });
    this.closed = new Promise((resolve) => {
      const end = (detail: string): void => {
        this.peer.close();
        resolve(problems.daemonUnreachable(path, detail));
      };
      readLines(socket, (line) => this.peer.receive(line));
      socket.on('error', (error) => end(error.message));
      socket.on('close', () => end('the connection was closed'));
    });
    socket.resume();
  }

  async request<Name extends keyof ControlMethods>(
    method: Name,
    params: ControlMethods[Name]['params'],
  ): Promise<Result<ControlMethods[Name]['result']>> {
    const reply = await this.peer.request(method, params).reply;
    switch (reply.kind) {
      case 'result':
        return ok(reply.result as ControlMethods[Name]['result']);
      case 'error':
        return fail(
          reply.error.code === problemErrorCode
            ? (reply.error.data as Problem)
            : problems.daemonUnreachable(this.path, reply.error.message),
        );
      case 'timeout':
      case 'gone':
        return fail(problems.daemonUnreachable(this.path, 'the connection was closed'));
    }
  }

  /** Returns a function that stops listening. */
  on<Name extends keyof ControlNotifications>(method: Name, listener: (params: ControlNotifications[Name]) => void): () => void {
    const all = this.listeners.get(method) ?? new Set();
    this.listeners.set(method, all);
    const entry = (params: unknown): void => listener(params as ControlNotifications[Name]);
    all.add(entry);
    return () => all.delete(entry);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Opens a control connection to a daemon that already runs. */
export async function connectControl(path: string): Promise<Result<ControlClient>> {
  const connection = await connectDaemon(path, { wharf: protocolVersion, role: 'control', version });
  return connection.ok ? ok(new ControlClient(connection.value.socket, path)) : connection;
}
