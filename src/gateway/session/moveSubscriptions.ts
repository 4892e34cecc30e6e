import type { LeftInstance, SessionServers } from './sessionServers.ts';
import type { Subscriptions } from './subscriptions.ts';

interface Parts {
  readonly servers: SessionServers;
  readonly subscriptions: Subscriptions;
  readonly isClosed: () => boolean;
}

/** What a client followed on copies that it uses no more it follows on those that it has now. */
export function moveSubscriptions(left: readonly LeftInstance[], parts: Parts): void {
  for (const { server, instance } of left) {
    for (const { uri, seen } of parts.subscriptions.takeFrom(instance)) {
      void follow(server, { uri, seen }, parts);
    }
  }
}

async function follow(
  server: string,
  { uri, seen }: { readonly uri: string; readonly seen: string },
  { servers, subscriptions, isClosed }: Parts,
): Promise<void> {
  const instance = await servers.instance(server);
  const upstream = await instance?.ready();
  if (instance !== undefined && upstream?.ok === true && !isClosed()) {
    subscriptions.add(instance, uri, seen);
    await upstream.value.ask('resources/subscribe', { uri }, instance.spec.server.startTimeoutMs);
  }
}
