import type { Socket } from 'node:net';

/** Connections that have not shown a token yet. There are few at a time: of more, the oldest has to go. */
export class Strangers {
  private readonly limit: number;
  private readonly sockets = new Map<string, Socket>();
  private readonly known = new WeakSet<Socket>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** A new connection, below its encryption. */
  add(socket: Socket): void {
    const key = keyOf(socket);
    this.sockets.set(key, socket);
    socket.once('close', () => (this.sockets.get(key) === socket ? this.sockets.delete(key) : undefined));
    const [oldest] = this.sockets;
    if (this.sockets.size > this.limit && oldest !== undefined) {
      this.sockets.delete(oldest[0]);
      oldest[1].destroy();
    }
  }

  /** The connection has shown a token. */
  trust(socket: Socket): void {
    if (!this.known.has(socket)) {
      this.known.add(socket);
      this.sockets.delete(keyOf(socket));
    }
  }

  /** It showed a wrong one since. */
  distrust(socket: Socket): void {
    this.known.delete(socket);
  }

  isTrusted(socket: Socket): boolean {
    return this.known.has(socket);
  }

  /** What lies below the encryption of a connection; undefined where it is no stranger any more. */
  below(socket: Socket): Socket | undefined {
    return this.sockets.get(keyOf(socket));
  }

  /** Ends them all. */
  close(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }
}

/** The same for a connection and for what is encrypted in it. */
function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
