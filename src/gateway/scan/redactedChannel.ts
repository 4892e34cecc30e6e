import type { Channel, ChannelEnd } from '../channel.ts';

/** Characters that are shown, of a line and of all that was said last. */
const mostShown = 8 * 1024;

/** The last words of a server go into messages to people, into logs and reports: without the secrets in them. */
export class RedactedChannel implements Channel {
  readonly id: string;
  readonly ended: Promise<ChannelEnd>;
  readonly freeze: Channel['freeze'];
  readonly thaw: Channel['thaw'];
  private readonly inner: Channel;
  private readonly redact: (text: string) => string;

  constructor(inner: Channel, redact: (text: string) => string) {
    this.inner = inner;
    this.redact = redact;
    this.id = inner.id;
    this.freeze = inner.freeze;
    this.thaw = inner.thaw;
    this.ended = inner.ended.then((end) => ({ ...end, lastOutput: endOf(redact(end.lastOutput)) }));
  }

  get queuedBytes(): number {
    return this.inner.queuedBytes;
  }

  send(message: Buffer): void {
    this.inner.send(message);
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.inner.onMessage(listener);
  }

  onJunk(listener: (text: string) => void): void {
    this.inner.onJunk((text) => listener(this.redact(text).slice(0, mostShown)));
  }

  pause(): void {
    this.inner.pause();
  }

  resume(): void {
    this.inner.resume();
  }

  negotiated(protocolVersion: string): void {
    this.inner.negotiated(protocolVersion);
  }

  stop(): Promise<void> {
    return this.inner.stop();
  }
}

/** Whole lines where there are some. */
function endOf(text: string): string {
  const end = text.slice(-mostShown);
  return end.length === text.length ? text : end.slice(end.indexOf('\n') + 1);
}
