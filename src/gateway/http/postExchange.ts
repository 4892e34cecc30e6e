import type { ServerResponse } from 'node:http';

import { errorCodes, type RequestId } from '../../shared/mcp.ts';
import { beginEvents } from './eventFrames.ts';
import type { EventStream } from './eventStream.ts';
import type { Outlets } from './outlets.ts';
import { sendError, sendJson } from './replies.ts';

type Way =
  | { readonly kind: 'waiting'; readonly response: ServerResponse }
  | { readonly kind: 'streaming'; readonly stream: EventStream; response: ServerResponse | undefined }
  /** The client left before it was told anything: it has no event to come back to. */
  | { readonly kind: 'gone' };

export interface ExchangeHost {
  readonly outlets: Outlets;
  newStream(): EventStream;
  /** Headers of the response. */
  headersFor(exchange: PostExchange): Readonly<Record<string, string>>;
}

const comma = Buffer.from(',');

/**
 * The requests of one POST and their answers: plain JSON where nothing else is said before, otherwise a stream. A client that
 * leaves has not cancelled anything (2025-11-25, transports, "Sending Messages").
 */
export class PostExchange {
  readonly startedAt = performance.now();
  private readonly host: ExchangeHost;
  private readonly open: Set<RequestId>;
  private readonly isBatch: boolean;
  private readonly answers: Buffer[] = [];
  private way: Way;

  constructor(host: ExchangeHost, ids: readonly RequestId[], isBatch: boolean, response: ServerResponse) {
    this.host = host;
    this.open = new Set(ids);
    this.isBatch = isBatch;
    this.way = { kind: 'waiting', response };
  }

  get isConnected(): boolean {
    return this.way.kind === 'waiting' || (this.way.kind === 'streaming' && this.way.response !== undefined);
  }

  /** The stream of this exchange, which is begun for it; undefined where nobody would hear it. */
  stream(): EventStream | undefined {
    const { way } = this;
    switch (way.kind) {
      case 'gone':
        return undefined;
      case 'streaming':
        return way.stream;
      case 'waiting': {
        const stream = this.host.newStream();
        beginEvents(way.response, this.host.headersFor(this));
        this.way = { kind: 'streaming', stream, response: way.response };
        stream.connect(way.response, undefined);
        this.answers.splice(0).forEach((answer) => stream.push(answer));
        return stream;
      }
    }
  }

  answer(id: RequestId, message: Buffer): void {
    this.open.delete(id);
    const isLast = this.open.size === 0;
    const { way } = this;
    if (way.kind === 'streaming') {
      way.stream.push(message, id);
      if (isLast) {
        way.stream.end();
      }
    } else if (way.kind === 'waiting') {
      this.answers.push(message);
      if (isLast) {
        this.sendAnswers(way.response);
      }
    }
  }

  /** The client gave a request up. Where there is nothing else to be told the response ends without an answer to it. */
  forget(id: RequestId): void {
    this.open.delete(id);
    if (this.open.size > 0) {
      return;
    }
    const { way } = this;
    if (way.kind === 'streaming') {
      way.stream.end();
    } else if (way.kind === 'waiting' && this.answers.length > 0) {
      this.sendAnswers(way.response);
    } else if (way.kind === 'waiting') {
      beginEvents(way.response, this.host.headersFor(this));
      way.response.end();
    }
  }

  /** The connection is gone. */
  disconnect(): void {
    if (this.way.kind === 'waiting') {
      this.way = { kind: 'gone' };
    } else if (this.way.kind === 'streaming' && this.way.response !== undefined) {
      this.way.stream.disconnect(this.way.response);
      this.way.response = undefined;
    }
  }

  /** The session ends: nothing will be answered any more. */
  fail(status: number, reason: string): void {
    const error = { code: errorCodes.internal, message: reason };
    const { way } = this;
    if (way.kind === 'waiting') {
      const [id] = this.open;
      this.way = { kind: 'gone' };
      sendError(way.response, status, error, id);
    } else if (way.kind === 'streaming') {
      for (const id of this.open) {
        way.stream.push(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, error })), id);
      }
      way.stream.end();
    }
    this.open.clear();
  }

  private sendAnswers(response: ServerResponse): void {
    const { answers } = this;
    const pieces = this.isBatch
      ? [Buffer.from('['), ...answers.flatMap((answer, index) => (index === 0 ? [answer] : [comma, answer])), Buffer.from(']')]
      : answers;
    sendJson(response, 200, pieces, this.host.headersFor(this));
    this.host.outlets.watch(response);
  }
}
