import { membersOf } from '../../node/envelope.ts';
import type { Instance } from '../instances/instance.ts';

interface Followed {
  readonly instance: Instance;
  readonly uri: string;
  /** The address as the client knows it. */
  readonly seen: string;
}

/** Each costs memory here and at its server. */
const mostFollowed = 1_000;

/** The resources that one client follows. */
export class Subscriptions {
  private followed: Followed[] = [];

  get isFull(): boolean {
    return this.followed.length >= mostFollowed;
  }

  /** What the client calls a resource of this server, when it follows it. */
  seenAs(instance: Instance, uri: string): string | undefined {
    return this.followed.find((one) => one.instance === instance && one.uri === uri)?.seen;
  }

  /** The same for the parameters of a `notifications/resources/updated`. */
  heardOf(instance: Instance, params: Buffer): string | undefined {
    const { uri } = membersOf(params);
    return typeof uri === 'string' ? this.seenAs(instance, uri) : undefined;
  }

  add(instance: Instance, uri: string, seen: string): void {
    if (this.seenAs(instance, uri) === undefined) {
      this.followed.push({ instance, uri, seen });
      instance.uses.subscriptions.set(uri, (instance.uses.subscriptions.get(uri) ?? 0) + 1);
    }
  }

  /** Whether nobody else follows it any more: the server may forget it. */
  remove(instance: Instance, uri: string): boolean {
    if (this.seenAs(instance, uri) === undefined) {
      return false;
    }
    this.followed = this.followed.filter((one) => one.instance !== instance || one.uri !== uri);
    const left = (instance.uses.subscriptions.get(uri) ?? 1) - 1;
    if (left > 0) {
      instance.uses.subscriptions.set(uri, left);
      return false;
    }
    instance.uses.subscriptions.delete(uri);
    return true;
  }

  /** The client uses another copy of the server from now on. Gives what it followed there. */
  takeFrom(instance: Instance): readonly { readonly uri: string; readonly seen: string }[] {
    const taken = this.followed.filter((one) => one.instance === instance);
    taken.forEach(({ uri }) => this.forget(instance, uri));
    return taken;
  }

  /** The client left. */
  close(): void {
    this.followed.forEach(({ instance, uri }) => this.forget(instance, uri));
  }

  private forget(instance: Instance, uri: string): void {
    if (this.remove(instance, uri)) {
      const params = [Buffer.from(JSON.stringify({ uri }))];
      instance.upstream?.request({ method: 'resources/unsubscribe', params, timeoutMs: 10_000, onReply: () => undefined });
    }
  }
}
