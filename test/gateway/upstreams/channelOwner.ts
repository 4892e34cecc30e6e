import type { TestContext } from 'node:test';

import type { Channel, ChannelEnd } from '../../../src/gateway/channel.ts';
import { until } from '../../support/until.ts';

export interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** The owner of a channel: sends, and keeps everything that it hears. */
export class ChannelOwner {
  readonly channel: Channel;
  readonly messages: Message[] = [];
  readonly raw: Buffer[] = [];
  readonly junk: string[] = [];
  end: ChannelEnd | undefined;
  /** What each request of the server is answered with. */
  answer: (request: Message) => unknown = () => ({});
  private nextId = 0;

  /** The channel is stopped with the test. */
  constructor(t: TestContext, channel: Channel) {
    this.channel = channel;
    channel.onMessage((bytes) => {
      const message = JSON.parse(bytes.toString()) as Message;
      this.raw.push(bytes);
      this.messages.push(message);
      if (message.method !== undefined && message.id !== undefined) {
        this.send({ id: message.id, result: this.answer(message) });
      }
    });
    channel.onJunk((text) => this.junk.push(text));
    void channel.ended.then((end) => (this.end = end));
    t.after(() => channel.stop());
  }

  send(message: Readonly<Record<string, unknown>>): void {
    this.channel.send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })));
  }

  notify(method: string, params?: unknown): void {
    this.send({ method, params });
  }

  /** Sends a request without waiting. Gives its id. */
  begin(method: string, params?: unknown): number {
    const id = ++this.nextId;
    this.send({ id, method, params });
    return id;
  }

  reply(id: number): Promise<Message> {
    return until(() => this.messages.find((message) => message.id === id && message.method === undefined), {
      what: `an answer to request ${id}`,
      everyMs: 2,
    });
  }

  request(method: string, params?: unknown): Promise<Message> {
    return this.reply(this.begin(method, params));
  }

  /** The handshake. Gives the answer to "initialize". */
  async initialize(capabilities: unknown = {}): Promise<Message> {
    const clientInfo = { name: 'owner', version: '1.0.0' };
    const reply = await this.request('initialize', { protocolVersion: '2025-11-25', capabilities, clientInfo });
    if (reply.result !== undefined) {
      this.channel.negotiated(String(reply.result['protocolVersion']));
      this.notify('notifications/initialized');
    }
    return reply;
  }

  async call(name: string, args: unknown = {}): Promise<string> {
    const reply = await this.request('tools/call', { name, arguments: args });
    const content = (reply.result?.['content'] ?? []) as readonly { readonly text: string }[];
    return content[0]?.text ?? reply.error?.message ?? '';
  }

  notifications(method: string): readonly Message[] {
    return this.messages.filter((message) => message.method === method);
  }

  ended(): Promise<ChannelEnd> {
    return until(() => this.end, { what: 'the end of the channel' });
  }
}
