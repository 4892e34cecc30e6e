import { errorCodes, type JsonRpcError, type JsonRpcNotification, type JsonRpcRequest, type RequestId } from '../shared/mcp.ts';

/** How a request ended. `bytes` is the length of the answer's line. */
export type PeerReply =
  | { readonly kind: 'result'; readonly result: unknown; readonly bytes: number }
  | { readonly kind: 'error'; readonly error: JsonRpcError; readonly bytes: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'gone' };

export interface PendingRequest {
  readonly id: number;
  readonly reply: Promise<PeerReply>;
}

export interface PeerListeners {
  onNotification?(message: JsonRpcNotification): void;
  onRequest?(message: JsonRpcRequest): void;
  /** A line that is no JSON-RPC message. */
  onJunk?(line: Buffer): void;
}

/** One end of a JSON-RPC 2.0 connection that carries one message per line. */
export class JsonRpcPeer {
  private readonly send: (line: string) => void;
  private readonly listeners: PeerListeners;
  private readonly waiting = new Map<RequestId, (reply: PeerReply) => void>();
  private nextId = 1;
  private closed = false;

  constructor(send: (line: string) => void, listeners: PeerListeners) {
    this.send = send;
    this.listeners = listeners;
  }

  request(method: string, params: unknown, timeoutMs?: number): PendingRequest {
    const id = this.nextId++;
    const reply = new Promise<PeerReply>((resolve) => {
      if (this.closed) {
        resolve({ kind: 'gone' });
        return;
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.settle(id, { kind: 'timeout' }), timeoutMs);
      this.waiting.set(id, (value) => {
        clearTimeout(timer);
        resolve(value);
      });
      this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
    return { id, reply };
  }

  notify(method: string, params?: unknown): void {
    if (!this.closed) {
      this.send(JSON.stringify({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) }));
    }
  }

  respond(id: RequestId, outcome: { readonly result: unknown } | { readonly error: JsonRpcError }): void {
    if (!this.closed) {
      this.send(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
    }
  }

  receive(line: Buffer): void {
    const message = parseMessage(line);
    if (message === undefined) {
      this.listeners.onJunk?.(line);
    } else if (message.method !== undefined) {
      if (message.id === undefined) {
        this.listeners.onNotification?.(message as JsonRpcNotification);
      } else {
        this.listeners.onRequest?.(message as JsonRpcRequest);
      }
    } else if (message.id !== undefined) {
      this.settle(message.id, replyOf(message, line.length));
    }
  }

  /** Nobody waits for this answer any more. The request's promise stays open. */
  forget(id: RequestId): void {
    this.waiting.delete(id);
  }

  /** The other end is gone: every open request ends as `gone`. */
  close(): void {
    this.closed = true;
    for (const id of this.waiting.keys()) {
      this.settle(id, { kind: 'gone' });
    }
  }

  private settle(id: RequestId, reply: PeerReply): void {
    const give = this.waiting.get(id);
    this.waiting.delete(id);
    give?.(reply);
  }
}

/** Some servers send `"error": null` beside a result, and some neither of both. */
function replyOf(message: AnyMessage, bytes: number): PeerReply {
  const { result, error } = message;
  if (error !== undefined && error !== null) {
    const said = isObject(error) ? error : { message: error };
    const code = typeof said['code'] === 'number' ? said['code'] : errorCodes.internal;
    const text = typeof said['message'] === 'string' ? said['message'] : 'an error without a message';
    return { kind: 'error', error: { ...said, code, message: text }, bytes };
  }
  return isObject(result)
    ? { kind: 'result', result, bytes }
    : { kind: 'error', error: { code: errorCodes.invalidRequest, message: 'the answer has no result' }, bytes };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface AnyMessage {
  readonly id?: RequestId;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Reads one line; undefined when it is not a JSON object with the marks of JSON-RPC 2.0. */
export function parseMessage(line: Buffer): AnyMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || (value as { jsonrpc?: unknown }).jsonrpc !== '2.0') {
    return undefined;
  }
  const message = value as { id?: unknown; method?: unknown };
  const idIsFine = message.id === undefined || typeof message.id === 'string' || typeof message.id === 'number' || message.id === null;
  const methodIsFine = message.method === undefined || typeof message.method === 'string';
  return idIsFine && methodIsFine ? value : undefined;
}
