import type { RemoteServer } from '../../core/profile/profile.ts';
import type { Channel, ChannelEnd } from '../channel.ts';
import type { Authorizer } from '../oauth/authorizer.ts';
import { openHttpChannel } from './httpChannel.ts';
import { openLegacySseChannel } from './legacySseChannel.ts';
import type { RemoteOptions } from './remoteSession.ts';
import { defaultTimeouts } from './remoteTarget.ts';
import type { MirroredOf } from './requestMetadata.ts';

type NewestOptions = RemoteOptions & { readonly mirroredOf: MirroredOf };

/** The owner's own time-outs speak first. */
const graceMs = 5_000;

export interface RemoteAccess {
  /** In place of those of the profile: the same with the values of its secrets. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Logs requests in, where the headers hold no `Authorization`. */
  readonly authorizer?: Authorizer | undefined;
}

/** A channel to a remote server, over the transport that its profile names or, where it is older than that, its predecessor. */
export function openRemoteChannel(server: RemoteServer, mirroredOf: MirroredOf, access: RemoteAccess = {}): Channel {
  const options: NewestOptions = {
    mirroredOf,
    url: server.url,
    headers: access.headers ?? server.headers,
    authorizer: access.authorizer,
    name: server.name,
    timeouts: { connectMs: Math.min(server.startTimeoutMs, defaultTimeouts.connectMs), callMs: server.callTimeoutMs + graceMs },
  };
  return server.transport === 'sse' ? openLegacySseChannel(options) : new NewestFirst(options);
}

/** Streamable HTTP, and HTTP with SSE for a server that refuses it (2025-11-25, Transports, "Backwards Compatibility"). */
class NewestFirst implements Channel {
  readonly id: string;
  readonly ended: Promise<ChannelEnd>;
  private readonly options: NewestOptions;
  private readonly newest: Channel;
  private current: Channel;
  private end: (end: ChannelEnd) => void = () => undefined;
  private messageListener: (message: Buffer) => void = () => undefined;
  private junkListener: (text: string) => void = () => undefined;
  private isPaused = false;
  private isStopped = false;

  constructor(options: NewestOptions) {
    this.options = options;
    this.ended = new Promise((resolve) => (this.end = resolve));
    this.newest = openHttpChannel({ ...options, onOlderServer: (initialize, reply) => void this.tryOlder(initialize, reply) });
    this.id = this.newest.id;
    this.current = this.newest;
    this.use(this.newest);
  }

  get queuedBytes(): number {
    return this.current.queuedBytes;
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.messageListener = listener;
  }

  onJunk(listener: (text: string) => void): void {
    this.junkListener = listener;
  }

  send(message: Buffer): void {
    this.current.send(message);
  }

  pause(): void {
    this.isPaused = true;
    this.current.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.current.resume();
  }

  negotiated(protocolVersion: string): void {
    this.current.negotiated(protocolVersion);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all([this.newest.stop(), this.current.stop()]);
    this.end({ code: null, lastOutput: '' });
  }

  private use(channel: Channel): void {
    channel.onMessage((message) => this.messageListener(message));
    channel.onJunk((text) => this.junkListener(text));
    void channel.ended.then((end) => (this.current === channel ? this.end(end) : undefined));
  }

  private async tryOlder(initialize: Buffer, reply: Buffer): Promise<void> {
    const older = openLegacySseChannel(this.options);
    this.current = older;
    this.use(older);
    if (this.isPaused) {
      older.pause();
    }
    older.send(initialize);
    if (await older.opened) {
      await this.newest.stop();
    } else if (!this.isStopped) {
      // It is no older server either: its first answer says more than the second.
      this.current = this.newest;
      this.messageListener(reply);
    }
  }
}
