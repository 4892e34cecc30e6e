import { connect, type Socket } from 'node:net';

import * as problems from '../core/problems.ts';
import {
  problemErrorCode,
  protocolVersion,
  type ControlMethods,
  type ControlNotifications,
  type Hello,
  type HelloReply,
} from '../shared/controlProtocol.ts';
import { isProblem, type Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';
import { JsonRpcPeer } from './jsonRpcPeer.ts';
import { readLines } from './lines.ts';

const newline = 0x0a;

/** A connection to the daemon's socket after both said hello. */
export interface DaemonConnection {
  readonly socket: Socket;
  readonly reply: Extract<HelloReply, { ok: true }>;
}

/** How a hello was answered. */
export type HelloOutcome =
  | { readonly kind: 'connected'; readonly connection: DaemonConnection }
  /** A daemon of another protocol: the connection is closed. `theirs` is the number of its protocol. */
  | { readonly kind: 'otherProtocol'; readonly theirs: number; readonly problem: Problem }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** A hello as a program of any version says it. */
export type AnyHello = Omit<Hello, 'wharf'> & { readonly wharf: number };

const helloPatienceMs = 5_000;
/** A problem with its evidence is shorter. */
const longestReplyBytes = 1024 * 1024;

/** Connects and says hello. The socket is paused afterwards: nothing that follows is lost. */
export async function connectDaemon(path: string, hello: Hello): Promise<Result<DaemonConnection>> {
  const outcome = await sayHello(path, hello);
  return outcome.kind === 'connected' ? ok(outcome.connection) : fail(outcome.problem);
}

/** As `connectDaemon`, and tells a daemon of another protocol apart. */
export function sayHello(path: string, hello: AnyHello): Promise<HelloOutcome> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const failed = (detail: string): void => give({ kind: 'failed', problem: problems.daemonUnreachable(path, detail) });
    const timer = setTimeout(() => failed('it accepted the connection and stayed silent'), helloPatienceMs);
    const received: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      const end = chunk.indexOf(newline);
      received.push(end === -1 ? chunk : chunk.subarray(0, end));
      bytes += chunk.length;
      if (end !== -1) {
        give(readReply(path, socket, hello.wharf, Buffer.concat(received)), chunk.subarray(end + 1));
      } else if (bytes > longestReplyBytes) {
        failed('its answer is not a Wharf hello');
      }
    };
    const onError = (error: Error): void => failed(error.message);
    const onClose = (): void => failed('it closed the connection');
    const give = (outcome: HelloOutcome, rest?: Buffer): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', onError).off('close', onClose);
      if (outcome.kind === 'connected') {
        socket.pause();
        if (rest !== undefined && rest.length > 0) {
          socket.unshift(rest);
        }
      } else {
        socket.on('error', () => undefined);
        socket.destroy();
      }
      resolve(outcome);
    };
    socket.on('data', onData).on('error', onError).on('close', onClose);
    socket.once('connect', () => socket.write(`${JSON.stringify(hello)}\n`));
  });
}

function readReply(path: string, socket: Socket, ours: number, line: Buffer): HelloOutcome {
  const reply = parseReply(line);
  if (reply === undefined) {
    return { kind: 'failed', problem: problems.daemonUnreachable(path, 'its answer is not a Wharf hello') };
  }
  const theirs: number = reply.wharf;
  if (theirs !== ours) {
    return { kind: 'otherProtocol', theirs, problem: problems.daemonProtocol(String(theirs), String(ours)) };
  }
  return reply.ok ? { kind: 'connected', connection: { socket, reply } } : { kind: 'failed', problem: reply.problem };
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
          reply.error.code === problemErrorCode && isProblem(reply.error.data)
            ? reply.error.data
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
