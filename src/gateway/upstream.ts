import type { ServerProcess } from '../core/ports.ts';
import { problems } from '../core/problems.ts';
import { repairTool } from '../core/tools/repairTool.ts';
import { JsonRpcPeer, type PeerReply, type PendingRequest } from '../node/jsonRpcPeer.ts';
import { LineFramer, maxLineBytes } from '../node/lines.ts';
import { errorCodes, type JsonRpcNotification, type McpTool } from '../shared/mcp.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { version } from '../shared/version.ts';

const keptOutputBytes = 8 * 1024;
const listTimeoutMs = 30_000;
const pageLimit = 100;
/** Bytes that may wait for a server to read them. */
const queueLimit = 2 * maxLineBytes;

/** An MCP server that answered "initialize". */
export class Upstream {
  private readonly server: string;
  private readonly peer: JsonRpcPeer;
  private readonly process: ServerProcess;
  private stderr = '';
  private junk = '';
  private queuedBytes = 0;
  /** Set by the owner: progress, logging and list changes of the server. */
  onNotification: (message: JsonRpcNotification) => void = () => undefined;

  constructor(server: string, process: ServerProcess) {
    this.server = server;
    this.process = process;
    this.peer = new JsonRpcPeer((line) => void this.write(Buffer.from(`${line}\n`)), {
      onNotification: (message) => this.onNotification(message),
      // No capability of a client is offered yet, so that a server has nothing to ask for.
      onRequest: (message) =>
        this.peer.respond(
          message.id,
          message.method === 'ping'
            ? { result: {} }
            : { error: { code: errorCodes.methodNotFound, message: `Wharf does not offer "${message.method}".` } },
        ),
      onJunk: (line) => (this.junk = keep(this.junk, line)),
    });
    const framer = new LineFramer((line) => this.peer.receive(line));
    let broken = false;
    process.onStdout((bytes) => {
      if (!broken) {
        try {
          framer.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        } catch (error) {
          broken = true;
          this.cutOff(error instanceof Error ? error.message : String(error));
        }
      }
    });
    process.onStderr((bytes) => (this.stderr = keep(this.stderr, bytes)));
    void process.exited.then(() => this.peer.close());
  }

  /** The last output on stderr, for messages. */
  get lastOutput(): string {
    return this.stderr.trim();
  }

  async initialize(timeoutMs: number): Promise<Result<null>> {
    const reply = await this.peer.request(
      'initialize',
      { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'wharf', title: 'Wharf', version } },
      timeoutMs,
    ).reply;
    if (reply.kind === 'result') {
      this.peer.notify('notifications/initialized');
      return ok(null);
    }
    return this.refusal('initialize', reply, timeoutMs);
  }

  /** Every page of the server's tools, mended where Codex would choke on them. `report` gets one sentence for each repair. */
  async listTools(report: (text: string) => void): Promise<Result<readonly McpTool[]>> {
    const tools: McpTool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < pageLimit; page++) {
      const reply = await this.peer.request('tools/list', cursor === undefined ? {} : { cursor }, listTimeoutMs).reply;
      if (reply.kind !== 'result') {
        return this.refusal('tools/list', reply, listTimeoutMs);
      }
      const result = reply.result as { tools?: unknown; nextCursor?: unknown };
      for (const listed of Array.isArray(result.tools) ? result.tools : []) {
        const repaired = repairTool(listed);
        if (repaired === undefined) {
          report(`A tool of "${this.server}" has no name and is left out.`);
          continue;
        }
        for (const repair of repaired.repairs) {
          report(`The tool "${repaired.tool.name}" of "${this.server}" was mended for Codex: ${repair}.`);
        }
        tools.push(repaired.tool);
      }
      if (typeof result.nextCursor !== 'string') {
        break;
      }
      cursor = result.nextCursor;
    }
    return ok(tools);
  }

  callTool(params: Readonly<Record<string, unknown>>): PendingRequest {
    return this.peer.request('tools/call', params);
  }

  cancel(id: number, reason: unknown): void {
    this.peer.notify('notifications/cancelled', { requestId: id, ...(typeof reason === 'string' ? { reason } : {}) });
    this.peer.forget(id);
  }

  /** A server that reads nothing is stopped before what it should read fills the memory. */
  private async write(bytes: Buffer): Promise<void> {
    this.queuedBytes += bytes.length;
    if (this.queuedBytes > queueLimit) {
      this.cutOff(`It left ${queueLimit} bytes of its input unread.`);
      return;
    }
    try {
      await this.process.write(bytes);
    } catch {
      // It is gone; `exited` tells.
    }
    this.queuedBytes -= bytes.length;
  }

  private cutOff(reason: string): void {
    this.stderr = keep(this.stderr, Buffer.from(`wharf: stopped. ${reason}\n`));
    void this.process.stop();
  }

  private async refusal(doing: string, reply: Exclude<PeerReply, { kind: 'result' }>, timeoutMs: number): Promise<Result<never>> {
    switch (reply.kind) {
      case 'error':
        return fail(problems.serverRefused(this.server, doing, reply.error.message));
      case 'timeout':
        return fail(this.junk === '' ? problems.serverTimeout(this.server, doing, timeoutMs) : problems.serverJunk(this.server, this.junk));
      case 'gone': {
        const { code } = await this.process.exited;
        return fail(problems.serverExited(this.server, code, this.lastOutput || this.junk.trim()));
      }
    }
  }
}

function keep(known: string, bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const separator = known === '' || known.endsWith('\n') ? '' : '\n';
  return `${known}${separator}${text}`.slice(-keptOutputBytes);
}
