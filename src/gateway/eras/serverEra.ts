import { readEnvelope, requestOf, responseOf, type Envelope } from '../../node/envelope.ts';
import { parseSpan } from '../../node/jsonSpans.ts';
import type { RequestId } from '../../shared/mcp.ts';
import type { Channel, ChannelEnd } from '../channel.ts';
import { ModernServer } from './modernServer.ts';
import { readHello, RequestEnvelope, type ClientHello } from './requestEnvelope.ts';
import { asObject, legacyVersion, metaKeys, modernVersion, type Json } from './revision.ts';

/** Milliseconds that a server that refused the handshake may take to say what it speaks instead. */
const patienceMs = 5_000;
const probeId = 'wharf-discover';

type State =
  | { readonly kind: 'new' }
  /** "initialize" is with the server. */
  | { readonly kind: 'asked'; readonly id: RequestId; readonly hello: ClientHello }
  /** It refused that, and was asked what it speaks. */
  | {
      readonly kind: 'probing';
      readonly id: RequestId;
      readonly hello: ClientHello;
      readonly refusal: Buffer;
      readonly timer: NodeJS.Timeout;
    }
  | { readonly kind: 'legacy' }
  | { readonly kind: 'modern'; readonly server: ModernServer };

/**
 * A channel to a server of either era that behaves like one to a server with a handshake. A server that takes "initialize" is
 * one, and its messages pass unread from then on. One that refuses it is asked for revision 2026-07-28.
 */
export function adaptServer(channel: Channel): Channel {
  return new EitherServer(channel);
}

class EitherServer implements Channel {
  readonly freeze: Channel['freeze'];
  readonly thaw: Channel['thaw'];
  private readonly channel: Channel;
  private listener: (message: Buffer) => void = () => undefined;
  private state: State = { kind: 'new' };
  private over = false;

  constructor(channel: Channel) {
    this.channel = channel;
    const { freeze, thaw } = channel;
    this.freeze = freeze === undefined ? undefined : () => freeze.call(channel);
    this.thaw = thaw === undefined ? undefined : () => thaw.call(channel);
    void channel.ended.then(() => this.end());
  }

  get id(): string {
    return this.channel.id;
  }

  get queuedBytes(): number {
    return this.channel.queuedBytes;
  }

  get ended(): Promise<ChannelEnd> {
    return this.channel.ended;
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.listener = listener;
    this.channel.onMessage((message) => this.hear(message));
  }

  onJunk(listener: (text: string) => void): void {
    this.channel.onJunk(listener);
  }

  pause(): void {
    this.channel.pause();
  }

  resume(): void {
    this.channel.resume();
  }

  negotiated(protocolVersion: string): void {
    if (this.state.kind !== 'modern') {
      this.channel.negotiated(protocolVersion);
    }
  }

  stop(): Promise<void> {
    this.close();
    return this.channel.stop();
  }

  send(message: Buffer): void {
    switch (this.state.kind) {
      case 'modern':
        this.state.server.receive(message);
        return;
      case 'probing':
        // Whoever waits for the handshake can only give it up.
        return;
      case 'new':
        this.state = this.afterFirst(message);
        this.channel.send(message);
        return;
      case 'asked':
      case 'legacy':
        this.channel.send(message);
    }
  }

  private afterFirst(message: Buffer): State {
    const envelope = readEnvelope(message);
    if (envelope?.kind !== 'request' || envelope.method !== 'initialize') {
      return { kind: 'legacy' };
    }
    return { kind: 'asked', id: envelope.id, hello: readHello(message, envelope.params) };
  }

  private hear(message: Buffer): void {
    switch (this.state.kind) {
      case 'legacy':
        this.listener(message);
        return;
      case 'modern':
        this.state.server.hear(message);
        return;
      case 'new':
        this.listener(message);
        return;
      case 'asked':
      case 'probing':
        this.hearEarly(message, this.state);
    }
  }

  private hearEarly(message: Buffer, state: Extract<State, { kind: 'asked' | 'probing' }>): void {
    const envelope = readEnvelope(message);
    if (envelope?.kind !== 'response') {
      this.listener(message);
    } else if (state.kind === 'asked' && envelope.id === state.id) {
      this.shaken(message, envelope, state);
    } else if (state.kind === 'probing' && envelope.id === probeId) {
      this.probed(message, envelope, state);
    }
  }

  private shaken(
    message: Buffer,
    { outcome }: Extract<Envelope, { kind: 'response' }>,
    { id, hello }: Extract<State, { kind: 'asked' }>,
  ): void {
    if (outcome === 'result') {
      this.state = { kind: 'legacy' };
      this.listener(message);
      return;
    }
    const timer = setTimeout(() => this.giveUp(message), patienceMs).unref();
    this.state = { kind: 'probing', id, hello, refusal: message, timer };
    this.channel.send(requestOf(probeId, 'server/discover', new RequestEnvelope(hello).around(undefined)));
  }

  private probed(
    message: Buffer,
    { outcome, value }: Extract<Envelope, { kind: 'response' }>,
    state: Extract<State, { kind: 'probing' }>,
  ): void {
    clearTimeout(state.timer);
    const said = outcome === 'result' ? asObject(parseSpan(message, value)) : undefined;
    const versions = said?.['supportedVersions'];
    if (said === undefined || !Array.isArray(versions) || !versions.includes(modernVersion)) {
      this.giveUp(state.refusal);
      return;
    }
    this.channel.negotiated(modernVersion);
    const capabilities = asObject(said['capabilities']) ?? {};
    const server = new ModernServer(
      {
        toServer: (bytes) => this.channel.send(bytes),
        toClient: (bytes) => this.deliver(bytes),
        toClientSoon: (bytes) => void setImmediate(() => this.deliver(bytes)),
      },
      state.hello,
      capabilities,
    );
    this.state = { kind: 'modern', server };
    this.deliver(responseOf(state.id, 'result', Buffer.from(JSON.stringify(handshake(said, capabilities)))));
  }

  /** It speaks neither era in a way that is understood here: its own words say why. */
  private giveUp(refusal: Buffer): void {
    this.state = { kind: 'legacy' };
    this.deliver(refusal);
  }

  private deliver(message: Buffer): void {
    if (!this.over) {
      this.listener(message);
    }
  }

  private end(): void {
    if (this.state.kind === 'probing') {
      clearTimeout(this.state.timer);
      // What it said before it went is the better reason.
      this.giveUp(this.state.refusal);
    }
    this.close();
  }

  private close(): void {
    this.over = true;
    if (this.state.kind === 'modern') {
      this.state.server.close();
    } else if (this.state.kind === 'probing') {
      clearTimeout(this.state.timer);
    }
  }
}

/** The result of "initialize" as the server would have given it. */
function handshake(discovered: Json, capabilities: Json): Json {
  const { instructions } = discovered;
  const serverInfo = asObject(asObject(discovered['_meta'])?.[metaKeys.serverInfo]);
  return {
    protocolVersion: legacyVersion,
    capabilities,
    serverInfo: serverInfo ?? { name: 'unknown server', version: '0' },
    ...(typeof instructions === 'string' ? { instructions } : {}),
  };
}
