/** What the first bytes of a connection say about the host that the client means. */
export type Naming =
  /** Too few bytes to know. */
  | { readonly kind: 'more' }
  | { readonly kind: 'named'; readonly name: string }
  /** It speaks this protocol, and names no host in it. */
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'other' };

const more: Naming = { kind: 'more' };
const unnamed: Naming = { kind: 'unnamed' };
const handshakeRecord = 22;
const clientHello = 1;
const longestRecord = 16_384 + 256;

/** Thrown inside this file: the message goes on in bytes that are not there, or beyond its own end. */
class Short extends Error {}

/** Reads big-endian numbers and pieces in their order. */
class Reader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  number(size: number): number {
    return this.piece(size).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  piece(size: number): Uint8Array {
    const end = this.at + size;
    if (end > this.bytes.length) {
      throw new Short();
    }
    const piece = this.bytes.subarray(this.at, end);
    this.at = end;
    return piece;
  }

  /** A piece behind its own length. */
  vector(lengthSize: number): Uint8Array {
    return this.piece(this.number(lengthSize));
  }
}

/** The name in a TLS ClientHello (RFC 8446 §4.1.2, RFC 6066 §3), also where it lies in several records. */
export function readClientHello(bytes: Uint8Array): Naming {
  if (bytes.length === 0) {
    return more;
  }
  if (bytes[0] !== handshakeRecord || (bytes.length > 1 && bytes[1] !== 3)) {
    return { kind: 'other' };
  }
  const message = handshakeMessage(bytes);
  if (message === 'more') {
    return more;
  }
  try {
    return message === undefined ? unnamed : nameIn(message);
  } catch (error) {
    if (error instanceof Short) {
      return unnamed;
    }
    throw error;
  }
}

/** The body of the first handshake message; undefined when there is none that can be a ClientHello. */
function handshakeMessage(bytes: Uint8Array): Uint8Array | 'more' | undefined {
  const records = new Reader(bytes);
  let joined = new Uint8Array(0);
  try {
    for (;;) {
      const type = records.number(1);
      const version = records.number(2) >> 8;
      const size = records.number(2);
      if (type !== handshakeRecord || version !== 3 || size === 0 || size > longestRecord) {
        return undefined;
      }
      joined = Buffer.concat([joined, records.piece(size)]);
      const length = joined.length < 4 ? undefined : new Reader(joined.subarray(1)).number(3);
      if (joined[0] !== clientHello) {
        return undefined;
      }
      if (length !== undefined && joined.length >= 4 + length) {
        return joined.subarray(4, 4 + length);
      }
    }
  } catch (error) {
    if (error instanceof Short) {
      return 'more';
    }
    throw error;
  }
}

function nameIn(message: Uint8Array): Naming {
  const hello = new Reader(message);
  hello.piece(2 + 32);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  if (hello.isAtEnd) {
    return unnamed;
  }
  const extensions = new Reader(hello.vector(2));
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const body = extensions.vector(2);
    if (type === 0) {
      const names = new Reader(new Reader(body).vector(2));
      const nameType = names.number(1);
      const name = Buffer.from(names.vector(2)).toString('latin1').toLowerCase();
      return nameType === 0 && isName(name) ? { kind: 'named', name: withoutDot(name) } : unnamed;
    }
  }
  return unnamed;
}

/** Also for an address, which stands for itself. */
export function isName(text: string): boolean {
  return text.length <= 254 && (/^[a-z0-9_](?:[a-z0-9_.-]*)$/.test(text) || /^[0-9a-f:.]+$/.test(text)) && !text.includes('..');
}

export function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
