/** One attempt of a server to reach something through its egress proxy. It never holds what was said. */
export interface Contact {
  /** The name that the server asked for, in lower case; an address where it named none. Given by the server: untrusted text. */
  readonly host: string;
  /** Null where only the name was looked up. */
  readonly port: number | null;
  readonly outcome: ContactOutcome;
  /** Bytes to and from the host; 0 but for `closed`. */
  readonly sent: number;
  readonly received: number;
}

export type ContactOutcome =
  /** A name was looked up, and may be reached on some port. */
  | 'asked'
  /** The connection to the host stands. */
  | 'opened'
  | 'closed'
  /** It is none of the hosts that the server may reach. */
  | 'notAllowed'
  /** The name stands for an address of a private network, of this computer or of a cloud's metadata. */
  | 'privateAddress'
  /** On a port of several hosts, or of the web, it did not say which one it means, as TLS and HTTP do. */
  | 'unnamed'
  /** No address, or no answer there. */
  | 'unreachable'
  /** Too many connections at once. */
  | 'busy';

const outcomes: Readonly<Record<ContactOutcome, true>> = {
  asked: true,
  opened: true,
  closed: true,
  notAllowed: true,
  privateAddress: true,
  unnamed: true,
  unreachable: true,
  busy: true,
};

export function isDenied({ outcome }: Contact): boolean {
  return outcome === 'notAllowed' || outcome === 'privateAddress' || outcome === 'unnamed' || outcome === 'busy';
}

const longestHost = 253;

/** Reads what a proxy reported; undefined for anything else. */
export function readContact(value: unknown): Contact | undefined {
  const { host, port, outcome, sent, received } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const counts = [sent, received].every((count) => typeof count === 'number' && Number.isSafeInteger(count) && count >= 0);
  const isPort = port === null || (typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536);
  return typeof host === 'string' && host.length <= longestHost && isPort && counts && typeof outcome === 'string' && outcome in outcomes
    ? { host, port, outcome: outcome as ContactOutcome, sent: sent as number, received: received as number }
    : undefined;
}
