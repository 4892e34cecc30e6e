import type { Channel } from '../channel.ts';
import type { ClientLink } from '../clientLink.ts';
import type { Instance } from '../instances/instance.ts';

/** Bytes that a client may leave unread before the servers that work for it alone have to wait, and before what may be missed is left out. */
export const highWater = 8 * 1024 * 1024;

/** A client that reads slowly slows down what runs for it alone. What it shares goes on: others wait for that too. */
export class BackPressure {
  private readonly paused = new Set<Channel>();

  /** Something was sent. */
  watch(link: ClientLink, own: () => readonly Instance[]): void {
    if (link.queuedBytes <= highWater) {
      return;
    }
    for (const instance of own()) {
      const channel = instance.upstream?.channel;
      if (channel !== undefined && !this.paused.has(channel)) {
        this.paused.add(channel);
        channel.pause();
      }
    }
  }

  /** The client has read what waited for it. */
  release(): void {
    for (const channel of this.paused) {
      channel.resume();
    }
    this.paused.clear();
  }
}
