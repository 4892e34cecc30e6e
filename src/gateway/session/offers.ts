import { notificationOf, responseOf } from '../../node/envelope.ts';
import type { RequestId } from '../../shared/mcp.ts';
import type { Guard } from '../scan/guard.ts';
import type { ClientWire } from './clientWire.ts';
import { GivenNames } from './givenNames.ts';
import { makeOffer, type Offer, type Show } from './offer.ts';
import type { SessionFacts, SessionServers } from './sessionServers.ts';

/** The method of each list that a client may ask for. */
export const listMethods: ReadonlyMap<string, keyof Offer['bytes']> = new Map([
  ['tools/list', 'tools'],
  ['prompts/list', 'prompts'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'templates'],
]);

/** What a session offers its client at the moment, and what the client was told of it. */
export class Offers {
  private readonly facts: SessionFacts;
  private readonly servers: SessionServers;
  private readonly wire: ClientWire;
  private readonly guard: Guard;
  private readonly given = new GivenNames();
  private made: Offer | undefined;
  private madeFor = 0;

  constructor(facts: SessionFacts, servers: SessionServers, wire: ClientWire, guard: Guard) {
    this.facts = facts;
    this.servers = servers;
    this.wire = wire;
    this.guard = guard;
  }

  get current(): Offer {
    const { guard, facts, servers } = this;
    if (this.made === undefined || this.madeFor !== guard.version) {
      const { profile, settings, granted } = facts;
      this.madeFor = guard.version;
      const show: Show = (server, listed) => guard.listed(server, listed);
      this.made = makeOffer(profile, servers.offered, settings.tools, granted, show, this.given.with(servers.names, profile.toolNames));
      this.given.keep(this.made.tools);
    }
    return this.made;
  }

  /** Answers a list when every server is known, failed, or has used up the client's patience. */
  async list(id: RequestId, kind: keyof Offer['bytes']): Promise<void> {
    await this.servers.known;
    const [frozenOut] = kind === 'tools' ? this.servers.frozenOut : [];
    if (frozenOut !== undefined) {
      // Whoever wants exactly what was locked is not helped by a part of it.
      this.wire.refuse(id, frozenOut);
      return;
    }
    const failure = this.servers.failures[0];
    if (kind === 'tools' && this.current.tools.size === 0 && failure !== undefined) {
      this.wire.refuse(id, failure);
      return;
    }
    this.wire.sendSeen(responseOf(id, 'result', this.current.bytes[kind]), id);
  }

  /** A server said something new. The client hears of it where it can see a difference; one that never listed may still listen. */
  renew(): void {
    const before = this.made;
    this.made = undefined;
    if (before === undefined && !this.servers.isKnown) {
      return;
    }
    for (const kind of ['tools', 'prompts', 'resources'] as const) {
      if (before === undefined || !this.current.bytes[kind].equals(before.bytes[kind])) {
        this.wire.sendSeen(notificationOf(`notifications/${kind}/list_changed`), undefined);
      }
    }
  }
}
