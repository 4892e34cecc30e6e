import type { Profile } from '../core/profile/profile.ts';
import { problems } from '../core/problems.ts';
import { parseMessage, type PeerReply } from '../node/jsonRpcPeer.ts';
import type { SessionReport } from '../shared/controlProtocol.ts';
import { problemErrorCode } from '../shared/controlProtocol.ts';
import { errorCodes, type JsonRpcNotification, type JsonRpcRequest, type RequestId } from '../shared/mcp.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import type { Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';
import type { CallLog, OpenCall } from './callLog.ts';
import { describeError } from './connection.ts';
import type { ServerInstance } from './instance.ts';
import { RunningCall } from './runningCall.ts';
import { SessionServers, type ServersHost } from './sessionServers.ts';
import type { ToolTable, ToolTarget } from './toolTable.ts';
import type { Upstream } from './upstream.ts';

const protocolVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

/** What a session works with. */
export interface SessionHost extends ServersHost {
  readonly calls: CallLog;
}

/** The profile that a client asked for, or why it gets none of its tools. */
export type SessionProfile =
  { readonly kind: 'usable'; readonly profile: Profile; readonly path: string } | { readonly kind: 'refused'; readonly problem: Problem };

/** One MCP client, such as one Codex thread, and the servers that run for it alone. */
export class Session {
  readonly id: string;
  readonly startedAt = new Date().toISOString();
  private readonly chosen: SessionProfile;
  private readonly host: SessionHost;
  private readonly sendLine: (line: string) => void;
  private readonly running = new Map<RequestId, RunningCall>();
  private servers: SessionServers | undefined;
  private client = 'unknown client';
  private closed = false;

  constructor(id: string, chosen: SessionProfile, host: SessionHost, sendLine: (line: string) => void) {
    this.id = id;
    this.chosen = chosen;
    this.host = host;
    this.sendLine = sendLine;
  }

  /** Takes one line from the client. */
  receive(line: Buffer): void {
    if (this.closed) {
      // A server that is started now would be left behind.
      return;
    }
    const message = parseMessage(line);
    if (message === undefined) {
      this.send({ id: null, error: { code: errorCodes.parse, message: 'The line is not a JSON-RPC 2.0 message.' } });
    } else if (message.method !== undefined && message.id !== undefined) {
      void this.answer(message as JsonRpcRequest, line.length);
    } else if (message.method !== undefined) {
      this.notice(message as JsonRpcNotification);
    }
  }

  report(): SessionReport {
    return {
      id: this.id,
      client: this.client,
      profile: this.chosen.kind === 'usable' ? this.chosen.profile.id : '',
      startedAt: this.startedAt,
      servers: this.servers?.reports() ?? [],
    };
  }

  /** Stops every server of the session. Resolves when nothing of them is left. */
  async close(): Promise<void> {
    this.closed = true;
    await this.servers?.stop();
  }

  private async answer(request: JsonRpcRequest, bytes: number): Promise<void> {
    try {
      switch (request.method) {
        case 'initialize':
          this.initialize(request);
          return;
        case 'ping':
        case 'logging/setLevel':
          this.send({ id: request.id, result: {} });
          return;
        case 'tools/list':
          await this.listTools(request);
          return;
        case 'tools/call':
          await this.callTool(request, bytes);
          return;
        default:
          this.send({ id: request.id, error: { code: errorCodes.methodNotFound, message: `Wharf does not offer "${request.method}".` } });
      }
    } catch (error) {
      this.host.log(`Session ${this.id}: ${request.method} failed: ${describeError(error)}`);
      this.send({ id: request.id, error: { code: errorCodes.internal, message: 'Wharf failed inside; its log has the details.' } });
    }
  }

  private notice(message: JsonRpcNotification): void {
    if (message.method === 'notifications/cancelled') {
      this.running.get(message.params?.['requestId'] as RequestId)?.cancel(message.params?.['reason']);
    }
  }

  private initialize(request: JsonRpcRequest): void {
    this.client = clientName(request.params?.['clientInfo']);
    if (this.chosen.kind === 'refused') {
      this.refuse(request.id, this.chosen.problem);
      return;
    }
    const asked = request.params?.['protocolVersion'];
    const { profile, path } = this.chosen;
    this.servers ??= new SessionServers(profile, path, this.host, {
      notify: (message) => this.forward(message),
      warn: (text) => this.warn(text),
    });
    this.send({
      id: request.id,
      result: {
        protocolVersion: protocolVersions.find((known) => known === asked) ?? protocolVersions[0],
        capabilities: { tools: { listChanged: false }, logging: {} },
        serverInfo: { name: 'wharf', title: `Wharf: ${profile.name}`, version },
      },
    });
  }

  private async listTools(request: JsonRpcRequest): Promise<void> {
    const table = await this.usableTable(request.id);
    if (table === undefined) {
      return;
    }
    const first = table.failures[0];
    if (table.tools.size === 0 && first !== undefined) {
      this.refuse(request.id, first);
      return;
    }
    this.send({
      id: request.id,
      result: { tools: [...table.tools.values()].map(({ entry, listed }) => ({ ...listed, name: entry.exposed })) },
    });
  }

  private async callTool(request: JsonRpcRequest, bytes: number): Promise<void> {
    const running = new RunningCall();
    // From here on: a call may be cancelled while the servers still start.
    this.running.set(request.id, running);
    try {
      await this.callListed(request, bytes, running);
    } finally {
      this.running.delete(request.id);
    }
  }

  private async callListed(request: JsonRpcRequest, bytes: number, running: RunningCall): Promise<void> {
    const table = await this.usableTable(request.id);
    if (table === undefined || this.chosen.kind === 'refused' || running.isCancelled) {
      return;
    }
    const name = request.params?.['name'];
    if (typeof name !== 'string') {
      this.send({ id: request.id, error: { code: errorCodes.invalidParams, message: 'A call needs the name of a tool.' } });
      return;
    }
    const target = table.tools.get(name);
    const meta = request.params?.['_meta'] as Readonly<Record<string, unknown>> | undefined;
    const thread = meta?.['threadId'];
    const call = this.host.calls.begin({
      client: this.client,
      thread: typeof thread === 'string' ? thread : null,
      profile: this.chosen.profile.id,
      server: target?.entry.server ?? '',
      tool: target?.entry.tool ?? name,
      arguments: request.params?.['arguments'] ?? {},
      requestBytes: bytes,
    });
    if (target === undefined) {
      this.failCall(request.id, call, problems.toolUnknown(name));
      return;
    }
    try {
      await this.callServer(request, target, running, call);
    } catch (error) {
      call.end({ status: 'error', result: null, resultBytes: 0 });
      throw error;
    }
  }

  private async callServer(request: JsonRpcRequest, target: ToolTarget, running: RunningCall, call: OpenCall): Promise<void> {
    const upstream = await Promise.race([this.upstreamFor(target, call), running.cancelled]);
    if (upstream === 'cancelled') {
      this.endCancelled(call);
      return;
    }
    if (!upstream.ok) {
      this.failCall(request.id, call, upstream.problem);
      return;
    }
    const pending = upstream.value.callTool({ ...request.params, name: target.entry.tool });
    running.onCancel = (reason) => upstream.value.cancel(pending.id, reason);
    const reply = await Promise.race([pending.reply, running.cancelled]);
    call.segment('tool');
    if (reply === 'cancelled') {
      this.endCancelled(call);
      return;
    }
    this.passOn(request.id, reply, target.instance, call);
  }

  private async upstreamFor(target: ToolTarget, call: OpenCall): Promise<Result<Upstream>> {
    const wasReady = target.instance.state.kind === 'ready';
    const upstream = await target.instance.ready();
    call.segment('wait');
    if (upstream.ok && !wasReady) {
      call.event('The server was started for this call.');
    }
    return upstream;
  }

  private passOn(id: RequestId, reply: PeerReply, instance: ServerInstance, call: OpenCall): void {
    switch (reply.kind) {
      case 'result': {
        const isError = (reply.result as { isError?: unknown }).isError === true;
        call.end({ status: isError ? 'error' : 'ok', result: reply.result, resultBytes: reply.bytes });
        this.send({ id, result: reply.result });
        return;
      }
      case 'error':
        call.end({ status: 'error', result: reply.error, resultBytes: reply.bytes });
        this.send({ id, error: reply.error });
        return;
      case 'timeout':
      case 'gone':
        this.failCall(id, call, problems.serverGone(instance.server.name));
    }
  }

  /** MCP, "Cancellation": the one who cancelled gets no answer any more, and servers need not send one. */
  private endCancelled(call: OpenCall): void {
    call.end({ status: 'cancelled', result: null, resultBytes: 0 });
  }

  private async usableTable(id: RequestId): Promise<ToolTable | undefined> {
    if (this.chosen.kind === 'refused') {
      this.refuse(id, this.chosen.problem);
      return undefined;
    }
    if (this.servers === undefined) {
      this.send({ id, error: { code: errorCodes.invalidRequest, message: 'Send "initialize" first.' } });
    }
    return this.servers?.table;
  }

  private failCall(id: RequestId, call: OpenCall, problem: Problem): void {
    // A client that left in the middle did not see the server fail.
    call.end({ status: this.closed ? 'cancelled' : 'error', result: problem, resultBytes: 0 });
    this.refuse(id, problem);
  }

  private refuse(id: RequestId, problem: Problem): void {
    this.send({ id, error: { code: problemErrorCode, message: describeProblem(problem), data: problem } });
  }

  private forward(message: JsonRpcNotification): void {
    if (message.method === 'notifications/progress' || message.method === 'notifications/message') {
      this.send({ method: message.method, params: message.params });
    }
  }

  /** A tool must not vanish silently: the client hears of it, and so does the log. */
  private warn(text: string): void {
    if (this.closed) {
      // What ends because the client left is no news.
      return;
    }
    this.host.log(text);
    this.send({ method: 'notifications/message', params: { level: 'warning', logger: 'wharf', data: text } });
  }

  private send(message: Readonly<Record<string, unknown>>): void {
    if (!this.closed) {
      this.sendLine(JSON.stringify({ jsonrpc: '2.0', ...message }));
    }
  }
}

function clientName(info: unknown): string {
  const { name, version: itsVersion } = (info ?? {}) as { name?: unknown; version?: unknown };
  return [name, itsVersion].filter((part) => typeof part === 'string').join(' ') || 'unknown client';
}
