import { isDenied, type Contact, type ContactOutcome } from '../../core/network/contact.ts';
import { allowedHostText } from '../../core/network/allowedHost.ts';
import { visibleText } from '../../shared/visibleText.ts';

/** Of one server of a profile: a server chooses the names it asks for, and shall fill no log. */
const mostTold = 100;
const longestName = 80;

/** Which refused hosts were told of already. */
export class RefusedHosts {
  private readonly told = new Map<string, Set<string>>();

  /** One sentence or two for the log; undefined where nothing was refused, or all is said. `profile` is the path of its file. */
  tell(profile: string, server: string, contact: Contact): string | undefined {
    const owner = JSON.stringify([profile, server]);
    const told = this.told.get(owner) ?? new Set();
    const key = JSON.stringify([contact.host, contact.port, contact.outcome]);
    if (!isDenied(contact) || told.has(key) || told.size > mostTold) {
      return undefined;
    }
    this.told.set(owner, told.add(key));
    return told.size > mostTold
      ? `The server "${server}" asked for more such hosts, which are not written down.`
      : refusalWords(server, contact);
  }
}

/** What a server asked for, why it was refused, and how it would be allowed. The host is the server's own text. */
export function refusalWords(server: string, contact: Contact): string {
  const name = visibleText(contact.host);
  const host = name.length > longestName ? `${name.slice(0, longestName)}…` : name;
  const { port, outcome } = contact;
  // Where it named no host, the one of the contact is its own address.
  const isNamed = outcome !== 'unnamed' && outcome !== 'busy';
  const place = port === null ? host : isNamed ? allowedHostText({ host, port }) : `a host on port ${port}`;
  // A name alone tells no port.
  const entry = port === null ? `${host}:PORT (443 where it is https)` : place;
  const { why, next } = reasons[outcome] ?? { why: outcome, next: null };
  const start = `The server "${server}" asked for ${place}, which it may not reach: ${why}.`;
  return next === null ? start : `${start} To allow it${next}, add ${entry} to allowHosts of its entry in the profile.`;
}

/** `next` goes behind "To allow it"; null where it cannot be allowed. */
const reasons: Readonly<Partial<Record<ContactOutcome, { readonly why: string; readonly next: string | null }>>> = {
  notAllowed: { why: 'it is none of its hosts', next: '' },
  privateAddress: {
    why: 'it lies in a private network, on this computer or in a metadata service',
    next: ' where it is a host of your own network',
  },
  unnamed: { why: 'it did not say which host it means, as TLS and HTTP do', next: null },
  busy: { why: 'it has too many connections open', next: null },
};
