import type { Channel, ChannelEnd } from '../channel.ts';
import { RemoteSession, type RemoteOptions } from './remoteSession.ts';

/** A channel over HTTP, but for how the server is spoken to. */
export abstract class SessionChannel implements Channel {
  protected readonly session: RemoteSession;

  constructor(options: RemoteOptions) {
    this.session = new RemoteSession(options, () => this.letGo());
  }

  abstract send(message: Buffer): void;

  /** Messages that may not go to the server yet. */
  protected abstract get waiting(): readonly Buffer[];

  /** The session is over: nothing may run on. */
  protected abstract letGo(): void;

  get id(): string {
    return this.session.shown;
  }

  get ended(): Promise<ChannelEnd> {
    return this.session.outlet.ended;
  }

  get queuedBytes(): number {
    return this.session.client.queuedBytes + this.waiting.reduce((sum, { length }) => sum + length, 0);
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.session.outlet.onMessage = listener;
  }

  onJunk(listener: (text: string) => void): void {
    this.session.outlet.onJunk = listener;
  }

  pause(): void {
    this.session.client.pause();
  }

  resume(): void {
    this.session.client.resume();
  }

  negotiated(protocolVersion: string): void {
    this.session.version = protocolVersion;
  }

  stop(): Promise<void> {
    return this.session.leave();
  }
}
