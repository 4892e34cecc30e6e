import type { ContainerNetwork } from '../../core/container/spec.ts';
import type { AllowedHost } from '../../core/network/allowedHost.ts';
import type { Contact } from '../../core/network/contact.ts';
import { hostsInValues } from '../../core/network/hostsInValues.ts';
import type { ContainerEngine } from '../../core/ports.ts';
import type { ImageServer } from '../../core/profile/profile.ts';
import type { Problem } from '../../shared/problem.ts';
import { ok, type Result } from '../../shared/result.ts';

/** What one running copy of a server may reach, made before it starts. */
export interface WayOut {
  readonly network: ContainerNetwork;
  /** Resolves when the way is lost: the server should be stopped. Never where there is nothing to lose. */
  readonly failed: Promise<Problem>;
  /** To be called when the server is gone. */
  close(): Promise<void>;
}

export interface WayOutWish {
  readonly server: ImageServer;
  readonly labels: Readonly<Record<string, string>>;
  /** Variables and files with the values of secrets: hosts in their connection strings count as declared. */
  readonly secretValues: Readonly<Record<string, string>>;
  /** Hosts that the user granted although they are private. */
  readonly allowPrivate: readonly AllowedHost[];
  readonly blockNetwork: boolean;
  readonly onContact: (contact: Contact) => void;
}

/** Which hosts a server with chosen hosts may reach: those of its entry, and those in its own configuration. */
export function declaredHosts({ env, network }: ImageServer, secretValues: Readonly<Record<string, string>>): readonly AllowedHost[] {
  const named = network.kind === 'declared' || network.kind === 'learn' ? network.hosts : [];
  const inValues = hostsInValues({ ...env, ...secretValues });
  return [...named, ...inValues.filter(({ host, port }) => !named.some((each) => each.host === host && each.port === port))];
}

/** Opens the way that the profile asks for. `--block-network` and a server without hosts get none, and cost nothing. */
export async function openWayOut(wish: WayOutWish, engine: ContainerEngine): Promise<Result<WayOut>> {
  const { server, labels, allowPrivate, onContact } = wish;
  const { kind } = wish.blockNetwork ? { kind: 'none' as const } : server.network;
  if (kind === 'none' || kind === 'open') {
    return ok(simpleWay(kind));
  }
  const hosts = declaredHosts(server, wish.secretValues);
  const learn = kind === 'learn';
  return hosts.length === 0 && !learn
    ? ok(simpleWay('none'))
    : engine.openEgress({ server: server.name, labels, hosts, learn, allowPrivate, onContact });
}

function simpleWay(kind: 'none' | 'open'): WayOut {
  return { network: { kind }, failed: new Promise(() => undefined), close: () => Promise.resolve() };
}
