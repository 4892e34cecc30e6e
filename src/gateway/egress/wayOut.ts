import type { ContainerNetwork } from '../../core/container/spec.ts';
import type { AllowedHost } from '../../core/network/allowedHost.ts';
import type { Contact } from '../../core/network/contact.ts';
import { isPattern } from '../../core/network/egressPlan.ts';
import { hostsInValues, mayBeHeld } from '../../core/network/hostsInValues.ts';
import type { ContainerEngine } from '../../core/ports.ts';
import type { ImageServer } from '../../core/profile/profile.ts';
import { fillAll } from '../../core/secrets/template.ts';
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
  /** Values of its secrets by their variables: hosts in their connection strings count as declared. */
  readonly secretValues: Readonly<Record<string, string>>;
  readonly blockNetwork: boolean;
  readonly onContact: (contact: Contact) => void;
}

/** What a server's network comes to. */
export type Reach =
  | { readonly kind: 'none' | 'open' }
  | {
      readonly kind: 'held';
      readonly hosts: readonly AllowedHost[];
      readonly learn: boolean;
      readonly allowPrivate: readonly AllowedHost[];
    };

/**
 * Hosts that a server's own configuration names count as declared, also where its entry says nothing of its network. They and those
 * that the user's entry names may be private; a pattern, and what only a catalogue names, may not. Where the configuration
 * names an address in place of a name, there is nothing that could be held, and the network stays open.
 */
function reachOf(server: ImageServer, secretValues: Readonly<Record<string, string>>): Reach {
  const { network } = server;
  if (network.kind === 'none') {
    return { kind: 'none' };
  }
  const { configured, own: usersOwn } = configuredHosts(server, secretValues);
  if (network.kind === 'open') {
    return network.isChosen || !mayBeHeld(configured)
      ? { kind: 'open' }
      : { kind: 'held', hosts: configured, learn: false, allowPrivate: usersOwn.filter((host) => !isPattern(host)) };
  }
  const hosts = [...network.hosts, ...configured.filter((host) => !isAmong(host, network.hosts))];
  const learn = network.kind === 'learn';
  const { privateHosts } = network;
  const own = network.isOwn ? network.hosts.filter((host) => privateHosts === undefined || isAmong(host, privateHosts)) : [];
  const allowPrivate = [...own, ...usersOwn].filter((host) => !isPattern(host));
  return hosts.length === 0 && !learn ? { kind: 'none' } : { kind: 'held', hosts, learn, allowPrivate };
}

/** `own`: those that the user's own variables and secrets name, be it in the place that a catalogue's variable has for them. */
function configuredHosts(
  { env, catalogEnv }: ImageServer,
  secretValues: Readonly<Record<string, string>>,
): Readonly<Record<'configured' | 'own', readonly AllowedHost[]>> {
  const filled = { ...fillAll(env, secretValues), ...secretValues };
  const configured = hostsInValues(filled);
  if (catalogEnv.length === 0) {
    return { configured, own: configured };
  }
  const users = Object.fromEntries(Object.entries(filled).filter(([name]) => !catalogEnv.includes(name)));
  const named = hostsInValues(users);
  // What a catalogue's variables name before any secret stands in them is the catalogue's choice.
  const chosen = hostsInValues({ ...filled, ...Object.fromEntries(catalogEnv.map((name) => [name, env[name] ?? ''])) });
  const isWord = ({ host }: AllowedHost): boolean => Object.values(users).some((value) => value.trim().toLowerCase() === host);
  return { configured, own: configured.filter((host) => isAmong(host, named) || isWord(host) || !isAmong(host, chosen)) };
}

function isAmong({ host, port }: AllowedHost, hosts: readonly AllowedHost[]): boolean {
  return hosts.some((each) => each.host === host && each.port === port);
}

/** What the profile and `--block-network` come to. */
export function wishedReach({ server, secretValues, blockNetwork }: WayOutWish): Reach {
  return blockNetwork ? { kind: 'none' } : reachOf(server, secretValues);
}

/** Opens the way that the profile asks for. `--block-network` and a server without hosts get none, and cost nothing. */
export async function openWayOut(wish: WayOutWish, engine: () => Promise<ContainerEngine>): Promise<Result<WayOut>> {
  const { server, labels, onContact } = wish;
  const reach = wishedReach(wish);
  if (reach.kind !== 'held') {
    return ok(simpleWay(reach.kind));
  }
  const { hosts, learn, allowPrivate } = reach;
  return (await engine()).openEgress({ server: server.name, labels, hosts, learn, allowPrivate, onContact });
}

function simpleWay(kind: 'none' | 'open'): WayOut {
  return { network: { kind }, failed: new Promise(() => undefined), close: () => Promise.resolve() };
}
