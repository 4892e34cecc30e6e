import { connect, type Socket } from 'node:net';

import { HttpResponse } from './httpResponse.ts';
import { checked, idOf, type Answer, type BenchClient } from './messages.ts';

type Headers = Readonly<Record<string, string>>;

interface Exchange {
  readonly response: HttpResponse;
  /** Undefined when nothing but the end of the response is awaited. */
  readonly id: number | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  /** The answer came, and the response goes on. */
  isAnswered: boolean;
}

/** A connection that carries one request at a time. */
class Wire {
  private readonly socket: Socket;
  private readonly host: string;
  private readonly path: string;
  private readonly onIdle: () => void;
  private exchange: Exchange | undefined;

  constructor(url: URL, onIdle: () => void, onClose: () => void) {
    this.host = url.host;
    this.path = url.pathname;
    this.onIdle = onIdle;
    this.socket = connect(Number(url.port), url.hostname);
    this.socket.setNoDelay(true);
    this.socket.on('data', (data) => this.receive(data));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      if (this.exchange?.isAnswered === false) {
        this.exchange.reject(new Error('The connection was closed before the answer.'));
      }
      onClose();
    });
  }

  send(method: string, headers: Headers, body: string, id: number | undefined): Promise<Answer> {
    const lines = Object.entries({ ...headers, host: this.host, 'content-length': String(Buffer.byteLength(body)) });
    return new Promise((resolve, reject) => {
      this.exchange = { response: new HttpResponse(), id, resolve, reject, isAnswered: false };
      this.socket.write(`${method} ${this.path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
    });
  }

  /** A header of the response that came last, or comes. */
  header(name: string): string | undefined {
    return this.exchange?.response.headers.get(name);
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(data: Buffer): void {
    const { exchange } = this;
    if (exchange === undefined) {
      return;
    }
    const { response } = exchange;
    response.push(data);
    if (!exchange.isAnswered && (response.isComplete || (isStream(response) && response.endsEvent))) {
      this.settle(exchange);
    }
    if (response.isComplete) {
      this.onIdle();
    }
  }

  private settle(exchange: Exchange): void {
    const { response, id } = exchange;
    const answer = isStream(response) ? eventsOf(response.body).find((event) => idOf(event) === id) : response.body;
    try {
      if (response.status >= 400 || (response.isComplete && answer === undefined)) {
        throw new Error(`The endpoint answered ${response.status}: ${response.body.subarray(0, 500).toString()}`);
      }
      if (answer !== undefined) {
        exchange.isAnswered = true;
        exchange.resolve(id === undefined ? answer : checked(answer));
      }
    } catch (error) {
      exchange.isAnswered = true;
      exchange.reject(error as Error);
    }
  }
}

function isStream({ headers }: HttpResponse): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/** The events of a stream, each as it stands there. */
function eventsOf(body: Buffer): readonly Buffer[] {
  const events: Buffer[] = [];
  let start = 0;
  for (let end = body.indexOf('\n\n'); end !== -1; end = body.indexOf('\n\n', start)) {
    events.push(body.subarray(start, end));
    start = end + 2;
  }
  return events;
}

/** A client of Streamable HTTP over plain sockets, which are kept: neither an SDK nor `fetch` is in the figures. */
export class HttpClient implements BenchClient {
  readonly pid = undefined;
  private readonly url: URL;
  private readonly idle: Wire[] = [];
  private readonly wires = new Set<Wire>();
  private headers: Headers;
  private nextId = 1;

  constructor(url: string, headers: Headers = {}) {
    this.url = new URL(url);
    this.headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers };
  }

  async request(method: string, params: unknown): Promise<Answer> {
    const id = this.nextId++;
    const wire = this.idle.pop() ?? this.open();
    const answer = await wire.send('POST', this.headers, JSON.stringify({ jsonrpc: '2.0', id, method, params }), id);
    const session = method === 'initialize' ? wire.header('mcp-session-id') : undefined;
    if (session !== undefined) {
      this.headers = { ...this.headers, 'mcp-session-id': session, 'mcp-protocol-version': '2025-06-18' };
    }
    return answer;
  }

  async notify(method: string, params: unknown): Promise<void> {
    const wire = this.idle.pop() ?? this.open();
    await wire.send('POST', this.headers, JSON.stringify({ jsonrpc: '2.0', method, params }), undefined);
  }

  /** Ends the session, so that the endpoint ends what it started for it. */
  async close(): Promise<void> {
    if (this.headers['mcp-session-id'] !== undefined) {
      const wire = this.idle.pop() ?? this.open();
      await wire.send('DELETE', this.headers, '', undefined).catch(() => undefined);
    }
    this.wires.forEach((wire) => wire.close());
  }

  private open(): Wire {
    const wire: Wire = new Wire(
      this.url,
      () => this.idle.push(wire),
      () => {
        this.wires.delete(wire);
        const at = this.idle.indexOf(wire);
        if (at !== -1) {
          this.idle.splice(at, 1);
        }
      },
    );
    this.wires.add(wire);
    return wire;
  }
}
