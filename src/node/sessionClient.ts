import * as problems from '../core/problems.ts';
import { problemErrorCode } from '../shared/controlProtocol.ts';
import type { McpTool } from '../shared/mcp.ts';
import { isProblem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';
import type { DaemonConnection } from './controlClient.ts';
import { JsonRpcPeer, type PeerReply } from './jsonRpcPeer.ts';
import { readLines } from './lines.ts';

/** Wharf's own MCP client: the command line calls tools with it through the same gateway as Codex. */
export class SessionClient {
  private readonly connection: DaemonConnection;
  private readonly peer: JsonRpcPeer;

  /** `onWarning` gets what the gateway reports about the profile's servers. */
  constructor(connection: DaemonConnection, onWarning: (text: string) => void) {
    const { socket } = connection;
    this.connection = connection;
    this.peer = new JsonRpcPeer((line) => socket.write(`${line}\n`), {
      onNotification: (message) => {
        if (message.method === 'notifications/message' && message.params?.['logger'] === 'wharf') {
          onWarning(String(message.params['data']));
        }
      },
    });
    readLines(socket, (line) => this.peer.receive(line));
    socket.on('error', () => undefined);
    socket.on('close', () => this.peer.close());
    socket.resume();
  }

  async initialize(): Promise<Result<null>> {
    const answer = await this.ask('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'wharf-cli', title: 'Wharf', version },
    });
    if (answer.ok) {
      this.peer.notify('notifications/initialized');
      return ok(null);
    }
    return answer;
  }

  async listTools(): Promise<Result<readonly McpTool[]>> {
    const answer = await this.ask('tools/list', {});
    return answer.ok ? ok((answer.value as { tools: readonly McpTool[] }).tools) : answer;
  }

  /** The MCP result as the server gave it; its own failure is `isError` in it. */
  callTool(name: string, args: Readonly<Record<string, unknown>>): Promise<Result<unknown>> {
    return this.ask('tools/call', { name, arguments: args });
  }

  /** Resolves when the gateway let go of the session. */
  close(): void {
    this.connection.socket.destroy();
  }

  private async ask(method: string, params: Readonly<Record<string, unknown>>): Promise<Result<unknown>> {
    return readReply(await this.peer.request(method, params).reply, method);
  }
}

function readReply(reply: PeerReply, method: string): Result<unknown> {
  switch (reply.kind) {
    case 'result':
      return ok(reply.result);
    case 'error':
      return fail(
        reply.error.code === problemErrorCode && isProblem(reply.error.data)
          ? reply.error.data
          : problems.serverRefused('wharf', method, reply.error.message),
      );
    case 'timeout':
    case 'gone':
      return fail(problems.daemonUnreachable('its socket', 'the connection was closed'));
  }
}
