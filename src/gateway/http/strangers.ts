import type { Socket } from 'node:net';

/** Connections that have not shown the token yet. There are few at a time: of more, the oldest has to go. */
export class Strangers {
  private readonly limit: number;
  private readonly sockets = new Set<Socket>();

  constructor(limit: number) {
    this.limit = limit;
  }

  add(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    const [oldest] = this.sockets;
    if (this.sockets.size > this.limit && oldest !== undefined) {
      this.sockets.delete(oldest);
      oldest.destroy();
    }
  }

  /** The connection has shown the token. */
  trust(socket: Socket): void {
    this.sockets.delete(socket);
  }

  /** Ends them all. */
  close(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }
}
