import { messageOf, readEnvelope } from '../../../src/node/envelope.ts';
import { findMembers, parseSpan } from '../../../src/node/jsonSpans.ts';
import type { Channel, ChannelEnd } from '../../../src/gateway/channel.ts';
import type { ClientLink, ClientSession } from '../../../src/gateway/clientLink.ts';
import type { RequestId } from '../../../src/shared/mcp.ts';
import { until } from '../../support/until.ts';

export type Values = Readonly<Record<string, unknown>>;

export interface Message {
  readonly id?: RequestId;
  readonly method?: string;
  readonly params?: Values;
  readonly result?: Values;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** A session with a handshake that passes everything on to one server: a gateway's core without what makes it one. */
export class BridgeSession implements ClientSession {
  readonly received: Buffer[] = [];
  closes = 0;
  drains = 0;
  private readonly channel: Channel;
  private readonly open = new Set<RequestId>();
  /** The questions that are with the client, and the requests that they are thought to belong to. */
  private readonly asked = new Map<RequestId, RequestId | undefined>();

  constructor(channel: Channel, link: ClientLink) {
    this.channel = channel;
    channel.onMessage((message) => {
      const envelope = readEnvelope(message);
      if (envelope?.kind === 'response') {
        this.open.delete(envelope.id as RequestId);
        const [version] = findMembers(message, envelope.value.start, ['protocolVersion'])?.spans ?? [];
        if (version !== undefined) {
          channel.negotiated(String(parseSpan(message, version)));
        }
        link.send(message, envelope.id ?? undefined);
      } else {
        const [oldest] = this.open;
        const busy = new Set(this.asked.values());
        const about = [...this.open].find((id) => !busy.has(id)) ?? oldest;
        if (envelope?.kind === 'request') {
          this.asked.set(envelope.id, about);
        }
        link.send(message, envelope?.kind === 'request' ? about : oldest);
      }
    });
  }

  receive(message: Buffer): void {
    this.received.push(message);
    const envelope = readEnvelope(message);
    if (envelope?.kind === 'request') {
      this.open.add(envelope.id);
    } else if (envelope?.kind === 'response') {
      this.asked.delete(envelope.id as RequestId);
    } else if (envelope?.kind === 'notification' && envelope.method === 'notifications/cancelled' && envelope.params !== undefined) {
      const span = findMembers(message, envelope.params.start, ['requestId'])?.spans[0];
      this.open.delete((span === undefined ? '' : parseSpan(message, span)) as RequestId);
    }
    this.channel.send(message);
  }

  drained(): void {
    this.drains++;
  }

  async close(): Promise<void> {
    this.closes++;
    await this.channel.stop();
  }
}

/** A client's end: keeps what it gets. */
export class TestLink implements ClientLink {
  queuedBytes = 0;
  readonly raw: Buffer[] = [];
  readonly got: { readonly message: Message; readonly about: RequestId | undefined }[] = [];
  cutOffFor: string | undefined;
  onMessage: (message: Message, about: RequestId | undefined) => void = () => undefined;

  send(message: Buffer, about?: RequestId): void {
    this.raw.push(message);
    const parsed = JSON.parse(message.toString()) as Message;
    this.got.push({ message: parsed, about });
    this.onMessage(parsed, about);
  }

  cutOff(reason: string): void {
    this.cutOffFor = reason;
  }

  /** The response to a request. */
  answer(id: RequestId): Message | undefined {
    return this.got.find(({ message }) => message.id === id && message.method === undefined)?.message;
  }

  /** The notifications of this method. */
  notes(method: string): readonly Message[] {
    return this.got.filter(({ message }) => message.method === method).map(({ message }) => message);
  }
}

/** A server in the test's own memory, behind a channel. */
export class TestChannel implements Channel {
  readonly id = 'test';
  queuedBytes = 0;
  readonly raw: Buffer[] = [];
  readonly heard: Message[] = [];
  /** Methods of what the server said by itself. */
  readonly said: string[] = [];
  readonly versions: string[] = [];
  readonly calls: string[] = [];
  readonly ended: Promise<ChannelEnd>;
  private readonly answer: (message: Message, channel: TestChannel) => void;
  private finish: (end: ChannelEnd) => void = () => undefined;
  private listener: (message: Buffer) => void = () => undefined;
  private junk: (text: string) => void = () => undefined;

  constructor(answer: (message: Message, channel: TestChannel) => void) {
    this.answer = answer;
    this.ended = new Promise((resolve) => (this.finish = resolve));
  }

  send(message: Buffer): void {
    this.raw.push(message);
    const parsed = JSON.parse(message.toString()) as Message;
    this.heard.push(parsed);
    setImmediate(() => this.answer(parsed, this));
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.listener = listener;
  }

  onJunk(listener: (text: string) => void): void {
    this.junk = listener;
  }

  /** The server says something. */
  say(message: Values | Buffer): void {
    if (!Buffer.isBuffer(message) && typeof message['method'] === 'string') {
      this.said.push(message['method']);
    }
    this.listener(Buffer.isBuffer(message) ? message : messageOf(message));
  }

  mutter(text: string): void {
    this.junk(text);
  }

  end(lastOutput = ''): void {
    this.finish({ code: 0, lastOutput });
  }

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }

  negotiated(protocolVersion: string): void {
    this.versions.push(protocolVersion);
  }

  stop(): Promise<void> {
    this.calls.push('stop');
    this.end();
    return Promise.resolve();
  }

  /** What the server heard of this method. */
  of(method: string): readonly Message[] {
    return this.heard.filter((message) => message.method === method);
  }
}

export const keys = {
  version: 'io.modelcontextprotocol/protocolVersion',
  info: 'io.modelcontextprotocol/clientInfo',
  capabilities: 'io.modelcontextprotocol/clientCapabilities',
  level: 'io.modelcontextprotocol/logLevel',
  server: 'io.modelcontextprotocol/serverInfo',
  subscription: 'io.modelcontextprotocol/subscriptionId',
} as const;

export const serverInfo = { name: 'scripted', version: '7' };

type Answer = (message: Message, server: TestChannel) => void;

const everything = {
  tools: { listChanged: true },
  prompts: {},
  resources: { listChanged: true, subscribe: true },
  logging: {},
};

/** A server with a handshake. */
export function legacyServer(answer: Answer = () => undefined, capabilities: Values = everything): TestChannel {
  return new TestChannel((message, server) => {
    if (message.method === 'initialize') {
      server.say({ id: message.id, result: { protocolVersion: '2025-06-18', capabilities, serverInfo, instructions: 'Be kind.' } });
    } else if (message.method === 'logging/setLevel') {
      server.say({ id: message.id, result: {} });
    } else if (message.method !== 'notifications/initialized') {
      answer(message, server);
    }
  });
}

/** A server of revision 2026-07-28 alone. */
export function modernServer(answer: Answer = () => undefined, capabilities: Values = everything): TestChannel {
  return new TestChannel((message, server) => {
    const { id, method, params } = message;
    if (id !== undefined && method !== undefined && (params?.['_meta'] as Values | undefined)?.[keys.version] !== '2026-07-28') {
      server.say({ id, error: { code: -32022, message: 'Unsupported protocol version', data: { supported: ['2026-07-28'] } } });
    } else if (method === 'server/discover') {
      const result = { supportedVersions: ['2026-07-28'], capabilities, instructions: 'Be kind.', ttlMs: 5, cacheScope: 'public' };
      server.say({ id, result: { resultType: 'complete', ...result, _meta: { [keys.server]: serverInfo } } });
    } else {
      answer(message, server);
    }
  });
}

/** What a client of 2026-07-28 says with each request. */
export function meta(more: Values = {}, capabilities: Values = { elicitation: { form: {} } }): Values {
  return { [keys.version]: '2026-07-28', [keys.info]: { name: 'tester', version: '1' }, [keys.capabilities]: capabilities, ...more };
}

/** A client in front of an adapted session. */
export class TestClient {
  readonly link = new TestLink();
  readonly session: ClientSession;

  constructor(
    open: (link: ClientLink) => ClientSession,
    adapt: (link: ClientLink, open: (link: ClientLink) => ClientSession) => ClientSession,
  ) {
    this.session = adapt(this.link, open);
  }

  say(message: Values): void {
    this.session.receive(messageOf(message));
  }

  /** Sends a request of 2026-07-28 and waits for its response. */
  async ask(id: RequestId, method: string, params: Values = {}, said: Values = meta()): Promise<Message> {
    this.say({ id, method, params: { ...params, _meta: said } });
    return until(() => this.link.answer(id), { what: `the answer to ${method}`, everyMs: 2 });
  }
}
