import { readEnvelope } from '../../node/envelope.ts';
import type { ClientLink, ClientSession } from '../clientLink.ts';
import { ModernClient } from './modernClient.ts';
import { isModernRequest } from './requestMeta.ts';
import type { WaitingLimits } from './rounds.ts';

const defaultLimits: WaitingLimits = { waitMs: 10 * 60_000, calls: 64 };

type State =
  | { readonly kind: 'silent' }
  | { readonly kind: 'legacy'; readonly session: ClientSession }
  | { readonly kind: 'modern'; readonly client: ModernClient };

/**
 * A session for a client of either era. Its first message decides: a request of revision 2026-07-28 gets an adapter in front of
 * the session, anything else goes to the session itself, unread, as everything after it does. `open` makes a session with a
 * handshake, and is called with the first message; again where a client looked at the newer revision and then chose an older one.
 */
export function adaptClient(
  link: ClientLink,
  open: (link: ClientLink) => ClientSession,
  limits: Partial<WaitingLimits> = {},
): ClientSession {
  return new EitherClient(link, open, { ...defaultLimits, ...limits });
}

class EitherClient implements ClientSession {
  private readonly link: ClientLink;
  private readonly open: (link: ClientLink) => ClientSession;
  private readonly limits: WaitingLimits;
  private state: State = { kind: 'silent' };
  private closed = false;

  constructor(link: ClientLink, open: (link: ClientLink) => ClientSession, limits: WaitingLimits) {
    this.link = link;
    this.open = open;
    this.limits = limits;
  }

  receive(message: Buffer): void {
    switch (this.state.kind) {
      case 'legacy':
        this.state.session.receive(message);
        return;
      case 'modern':
        this.receiveModern(message, this.state.client);
        return;
      case 'silent':
        this.decide(message);
    }
  }

  drained(): void {
    this.current?.drained();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.current?.close();
  }

  private get current(): ClientSession | undefined {
    switch (this.state.kind) {
      case 'legacy':
        return this.state.session;
      case 'modern':
        return this.state.client;
      case 'silent':
        return undefined;
    }
  }

  private decide(message: Buffer): void {
    if (this.closed) {
      return;
    }
    // Some languages write a slash as "\/", so that only the words on either side of it are looked for.
    const isLikely = message.includes('io.modelcontextprotocol') || message.includes('discover');
    if (isLikely && isModernRequest(message, readEnvelope(message))) {
      const client = new ModernClient(this.link, this.open, this.limits);
      this.state = { kind: 'modern', client };
      client.receive(message);
    } else {
      this.beLegacy(message);
    }
  }

  private beLegacy(message: Buffer): void {
    const session = this.open(this.link);
    this.state = { kind: 'legacy', session };
    session.receive(message);
  }

  /** A client of both eras looks with "server/discover" first (2026-07-28, stdio, "Backward Compatibility"). */
  private receiveModern(message: Buffer, client: ModernClient): void {
    if (client.onlyLooked && message.includes('initialize')) {
      const envelope = readEnvelope(message);
      if (envelope?.kind === 'request' && envelope.method === 'initialize') {
        void client.close();
        this.beLegacy(message);
        return;
      }
    }
    client.receive(message);
  }
}
