import { containerLabels, type ContainerOwner } from '../../core/container/labels.ts';
import { containerSpec, type ContainerNetwork, type ContainerSpec } from '../../core/container/spec.ts';
import { addressKey } from '../../core/network/addresses.ts';
import type { AllowedHost } from '../../core/network/allowedHost.ts';
import { hostsInValues } from '../../core/network/hostsInValues.ts';
import type { ContainerEngine, Egress, PullProgress, SecretSource, ServerProcess } from '../../core/ports.ts';
import { needsGrant } from '../../core/profile/grants.ts';
import type { ImageServer, Mount } from '../../core/profile/profile.ts';
import * as problems from '../../core/problems.ts';
import { fillTemplate } from '../../core/secrets/template.ts';
import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Launch } from './launch.ts';
import { secretValues, type InjectedSecret, type SecretValues } from './secretValues.ts';

/** What servers in containers are started with. */
export interface ContainerHost {
  /** Opens the container engine on first use. */
  engine(): Promise<ContainerEngine>;
  readonly owner: ContainerOwner;
  /** Downloads an image once, whoever waits for it, and no longer than somebody does. */
  pull(reference: string, onProgress: (progress: PullProgress) => void, givenUp: Promise<void>): Promise<Result<null>>;
  /** The content id of the image behind a reference, or null when the engine does not know it. */
  imageId(reference: string): Promise<string | null>;
  /** Values for one session; no file in its workspace is a secret's. */
  secretSource(settings: GatewaySettings, workspace: string): SecretSource;
  /** From now on the scan looks for these in what servers say. */
  injected(secrets: readonly InjectedSecret[]): void;
  /** Whether the policy lets this image run. */
  checkImage(image: string, wish: { readonly requireDigest: boolean; readonly verify: boolean }): Promise<Result<unknown>>;
  /** Whether the user granted what this server gets to this image. */
  isImageGranted(profile: string, server: string, imageId: string): Promise<Result<boolean>>;
  checkMounts(server: string, mounts: readonly Mount[], workspace: string): Promise<Result<ContainerSpec['mounts']>>;
  /** A server's way to its hosts, and what it tried. */
  openEgress(server: string, profile: string, wish: EgressWish): Promise<Result<Egress>>;
}

export interface EgressWish {
  readonly hosts: readonly AllowedHost[];
  readonly learn: boolean;
  /** Hosts that may have private addresses: the user named them. */
  readonly allowPrivate: readonly AllowedHost[];
}

/** Starts a server in a container, with what its user granted and nothing else. */
export async function launchContainer(server: ImageServer, what: Launch, host: ContainerHost): Promise<Result<ServerProcess>> {
  const allowed = await mayRun(server, what, host);
  if (!allowed.ok) {
    return allowed;
  }
  const secrets = await secretValues(server.name, server.secrets, host.secretSource(what.settings, what.surroundings.workspace));
  if (!secrets.ok) {
    return secrets;
  }
  host.injected(secrets.value.injected);
  const { mounts } = server.isolation;
  const checked = mounts.length === 0 ? ok([]) : await host.checkMounts(server.name, mounts, what.surroundings.workspace);
  if (!checked.ok) {
    return checked;
  }
  const filled = filledEnv(server, secrets.value);
  const egress = await egressOf({ ...server, env: filled }, secrets.value, what, host);
  if (!egress.ok) {
    return egress;
  }
  const labels = containerLabels(host.owner, { profile: what.profile, server: server.name });
  const spec = containerSpec({ ...server, env: filled }, labels, what.settings, {
    secretEnv: secrets.value.env,
    secretFiles: secrets.value.files,
    mounts: checked.value,
    network: egress.value.network,
  });
  // What was looked at is what runs: a tag may stand for another image by now.
  return keepEgress(await start({ ...spec, image: allowed.value ?? spec.image }, server, what, host), egress.value.egress);
}

/** The content id of the image, where it was looked at. */
async function mayRun(server: ImageServer, what: Launch, host: ContainerHost): Promise<Result<string | null>> {
  const { profile } = what.surroundings;
  const verify = profile.verify || what.settings.verifySignatures === true;
  const isForGranted = profile.origin.scope === 'project' && needsGrant(server);
  const image = await imageOf(server, what, host, verify || isForGranted);
  if (!image.ok) {
    return image;
  }
  const checked = await host.checkImage(server.image, { requireDigest: profile.requireDigest, verify });
  if (!checked.ok) {
    return checked;
  }
  if (isForGranted && image.value !== null) {
    const granted = await host.isImageGranted(profile.origin.path, server.name, image.value);
    if (!granted.ok) {
      return granted;
    }
    if (!granted.value) {
      return fail(problems.imageNotGranted(server.name, server.image, profile.origin.path));
    }
  }
  return image;
}

/** Downloads an image that has to be looked at before it runs; others are downloaded when the engine misses them. */
async function imageOf(server: ImageServer, what: Launch, host: ContainerHost, isLookedAt: boolean): Promise<Result<string | null>> {
  if (!isLookedAt) {
    return ok(null);
  }
  const known = await host.imageId(server.image);
  if (known !== null) {
    return ok(known);
  }
  const pulled = await pull(server, what, host);
  if (!pulled.ok) {
    return pulled;
  }
  const id = await host.imageId(server.image);
  return id === null ? fail(problems.imageMissing(server.image, server.name)) : ok(id);
}

async function start(spec: ContainerSpec, server: ImageServer, what: Launch, host: ContainerHost): Promise<Result<ServerProcess>> {
  const engine = await host.engine();
  const started = await engine.start(spec);
  if (started.ok || started.problem.code !== 'WHARF_IMAGE_MISSING') {
    return started;
  }
  const pulled = await pull(server, what, host);
  return pulled.ok ? engine.start(spec) : pulled;
}

async function pull(server: ImageServer, what: Launch, host: ContainerHost): Promise<Result<null>> {
  const step = `downloading ${server.image}`;
  what.onStep(step, null);
  const pulled = await host.pull(server.image, (progress) => what.onStep(step, progress), what.whenClosed);
  return pulled.ok ? pulled : fail(problems.imageMissing(server.image, server.name, pulled.problem.detail ?? pulled.problem.message));
}

function filledEnv({ env }: ImageServer, { values }: SecretValues): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fillTemplate(value, values)]));
}

interface OpenedNetwork {
  readonly network: ContainerNetwork;
  /** Absent where nothing had to be made. */
  readonly egress?: Egress;
}

/** The network that a server gets. Hosts in what it is given, such as a connection string, count as declared. */
async function egressOf(server: ImageServer, secrets: SecretValues, what: Launch, host: ContainerHost): Promise<Result<OpenedNetwork>> {
  const { network } = server;
  if (network.kind === 'none' || what.settings.blockNetwork === true) {
    return ok({ network: { kind: 'none' } });
  }
  const named = hostsInValues({ ...server.env, ...secrets.values });
  // An address that is given as a number has no name that could be held, so such a server's network stays as it is.
  const isHeld =
    network.kind !== 'open' || (!network.isChosen && named.length > 0 && named.every((one) => addressKey(one.host) === undefined));
  if (!isHeld) {
    return ok({ network: { kind: 'open' } });
  }
  const declared = network.kind === 'open' ? [] : network.hosts;
  const hosts = [...declared, ...named];
  const opened = await host.openEgress(server.name, what.profile, { hosts, learn: network.kind === 'learn', allowPrivate: hosts });
  return opened.ok ? ok({ network: opened.value.network, egress: opened.value }) : opened;
}

/** A server's way out goes with it, and it goes with its way out. */
async function keepEgress(started: Result<ServerProcess>, egress: Egress | undefined): Promise<Result<ServerProcess>> {
  if (egress === undefined) {
    return started;
  }
  if (!started.ok) {
    await egress.close();
    return started;
  }
  const { value: process } = started;
  void egress.failed.then(() => process.stop());
  const closed = process.exited.then(() => egress.close());
  const stop = async (): Promise<void> => {
    await process.stop();
    await closed;
  };
  return ok({ ...process, stop });
}
