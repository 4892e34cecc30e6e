import { containerLabels, type ContainerOwner } from '../../core/container/labels.ts';
import { containerSpec, type ContainerSpec } from '../../core/container/spec.ts';
import type { Contact } from '../../core/network/contact.ts';
import type { ContainerEngine, PullProgress, SecretSource, ServerProcess } from '../../core/ports.ts';
import { commandName, needsGrant, type ServedProfile } from '../../core/profile/grants.ts';
import type { ImageServer, Mount } from '../../core/profile/profile.ts';
import * as problems from '../../core/problems.ts';
import type { ImageWish } from '../../core/provenance/decision.ts';
import type { ImageFacts } from '../../core/provenance/imageFacts.ts';
import { fillAll } from '../../core/secrets/template.ts';
import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { openWayOut, wishedReach, type WayOut } from '../egress/wayOut.ts';
import { lockRefusal } from '../locks/refusal.ts';
import type { Surroundings } from './instance.ts';
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
  /** Its digests in the repository of the reference. */
  imageDigests(reference: string): Promise<readonly string[]>;
  /** Values for one session; no file in its workspace is a secret's. */
  secretSource(settings: GatewaySettings, workspace: string): SecretSource;
  /** From now on the scan looks for these in what servers say. */
  injected(secrets: readonly InjectedSecret[]): void;
  /** Whether the policy lets this image run. */
  checkImage(image: string, wish: ImageWish): Promise<Result<Pick<ImageFacts, 'pinned'>>>;
  /** Whether the user granted what this server gets to this image. */
  isImageGranted(
    profile: string,
    server: string,
    image: { readonly image: string; readonly id: string; readonly isLean: boolean },
  ): Promise<Result<boolean>>;
  /** With the folders of the caller in it; refused where the caller's project is asked for and not trusted. */
  place(server: ImageServer, surroundings: Surroundings): Promise<Result<ImageServer>>;
  /** Of a server that was placed. */
  checkMounts(server: string, mounts: readonly Mount[], surroundings: Surroundings): Promise<Result<ContainerSpec['mounts']>>;
  /** The volumes with what a server keeps; by its name in the profile, also where one call of it starts. */
  dataVolumes(server: Pick<ImageServer, 'name' | 'isolation'>, surroundings: Surroundings): ContainerSpec['volumes'];
  /** A server tried to reach something. */
  contacted(profile: ServedProfile, server: ImageServer, contact: Contact): void;
}

/** Starts a server in a container, with what its user granted and nothing else. */
export async function launchContainer(wanted: ImageServer, what: Launch, host: ContainerHost): Promise<Result<ServerProcess>> {
  const inPlace = await host.place(wanted, what.surroundings);
  if (!inPlace.ok) {
    return inPlace;
  }
  const server = inPlace.value;
  const allowed = await mayRun(server, what, host);
  if (!allowed.ok) {
    return allowed;
  }
  const secrets = await secretsFor(server, what, host);
  if (!secrets.ok) {
    return secrets;
  }
  const { mounts } = server.isolation;
  const checked = mounts.length === 0 ? ok([]) : await host.checkMounts(server.name, mounts, what.surroundings);
  if (!checked.ok) {
    return checked;
  }
  const labels = containerLabels(host.owner, { profile: what.profile, server: server.name });
  const wish = {
    server,
    labels,
    secretValues: secrets.value.values,
    blockNetwork: what.settings.blockNetwork === true,
    onContact: (contact: Contact) => host.contacted(what.surroundings.profile, server, contact),
  };
  // A proxy is opened for a server that starts now, and not for as long as a download takes.
  const present = await imageOf(allowed.value, server, what, host, wishedReach(wish).kind === 'held');
  if (!present.ok) {
    return present;
  }
  const way = await openWayOut(wish, () => host.engine());
  if (!way.ok) {
    return way;
  }
  try {
    const spec = containerSpec({ ...server, env: fillAll(server.env, secrets.value.values) }, labels, what.settings, {
      secretEnv: secrets.value.env,
      secretFiles: secrets.value.files,
      mounts: checked.value,
      volumes: host.dataVolumes({ name: what.server.name, isolation: server.isolation }, what.surroundings),
      network: way.value.network,
    });
    // What was looked at is what runs: a tag may stand for another image by now.
    return await keepWay(await start({ ...spec, image: allowed.value }, server, what, host), way.value);
  } catch (error) {
    await way.value.close();
    throw error;
  }
}

/** The secrets of a server that starts now; from now on the scan looks for them. */
export async function secretsFor(
  { name, secrets }: Pick<ImageServer, 'name' | 'secrets'>,
  { settings, surroundings, gotSecrets }: Launch,
  host: Pick<ContainerHost, 'secretSource' | 'injected'>,
): Promise<Result<SecretValues>> {
  const found = await secretValues(name, secrets, host.secretSource(settings, surroundings.workspace));
  if (found.ok) {
    host.injected(found.value.injected);
    gotSecrets(found.value.version);
  }
  return found;
}

/** The image to start: by its content where it was looked at. */
async function mayRun(server: ImageServer, what: Launch, host: ContainerHost): Promise<Result<string>> {
  const { profile } = what.surroundings;
  const verify = profile.verify || what.settings.verifySignatures === true;
  const isForGranted = needsGrant(server);
  const isLocked = (profile.lock?.current ?? null) !== null;
  const checked = await checkedImage(server, what, host, { requireDigest: profile.requireDigest, verify });
  if (!checked.ok || !(isForGranted || isLocked)) {
    return checked.ok ? ok(checked.value.pinned ?? server.image) : checked;
  }
  const id = await imageOf(checked.value.pinned ?? server.image, server, what, host, true);
  const refused = id.ok ? await lockRefusal(profile, server, { id: id.value, source: host }) : id.problem;
  if (!id.ok || refused !== undefined) {
    return refused === undefined ? id : fail(refused);
  }
  if (!isForGranted) {
    return id;
  }
  const [ofServer = ''] = server.name.split('/');
  const isLean = profile.leanServers?.includes(ofServer) === true;
  const granted = await host.isImageGranted(profile.origin.path, server.name, { image: server.image, id: id.value, isLean });
  if (!granted.ok) {
    return granted;
  }
  return granted.value ? id : fail(problems.imageNotGranted(server.name, server.image, commandName(profile)));
}

/** A policy may want to look into an image that the engine does not have yet. */
async function checkedImage(
  server: ImageServer,
  what: Launch,
  host: ContainerHost,
  wish: ImageWish,
): ReturnType<ContainerHost['checkImage']> {
  const checked = await host.checkImage(server.image, wish);
  if (checked.ok || checked.problem.code !== 'WHARF_IMAGE_MISSING') {
    return checked;
  }
  const pulled = await pull(server, what, host);
  return pulled.ok ? host.checkImage(server.image, wish) : pulled;
}

/** Downloads an image that has to be looked at before it runs; others are downloaded when the engine misses them. */
async function imageOf(
  image: string,
  server: ImageServer,
  what: Launch,
  host: ContainerHost,
  isLookedAt: boolean,
): Promise<Result<string>> {
  if (!isLookedAt) {
    return ok(image);
  }
  const known = await host.imageId(image);
  if (known !== null) {
    return ok(known);
  }
  const pulled = await pull(server, what, host);
  if (!pulled.ok) {
    return pulled;
  }
  const id = await host.imageId(image);
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
  if (!pulled.ok && pulled.problem.code === 'WHARF_PACKAGE_NOT_BUILT') {
    return fail(problems.packageNotBuilt(server.image, server.name));
  }
  return pulled.ok || pulled.problem.code === 'WHARF_DOCKER_UNREACHABLE'
    ? pulled
    : fail(problems.imageMissing(server.image, server.name, pulled.problem.detail ?? pulled.problem.message));
}

/** A server's way out goes with it, and it goes with its way out. */
async function keepWay(started: Result<ServerProcess>, way: WayOut): Promise<Result<ServerProcess>> {
  if (!started.ok) {
    await way.close();
    return started;
  }
  const { value: process } = started;
  let why: string | undefined;
  void way.failed.then((problem) => {
    why = problem.message;
    return process.stop();
  });
  const exited = process.exited.then((exit) => (why === undefined ? exit : { ...exit, why }));
  const closed = exited.then(() => way.close());
  const stop = async (): Promise<void> => {
    await process.stop();
    await closed;
  };
  const { id, freeze, thaw } = process;
  return ok({
    // One by one: a process may be an object of a class, whose methods a spread would lose.
    id,
    exited,
    write: (bytes) => process.write(bytes),
    onStdout: (listener) => process.onStdout(listener),
    onStderr: (listener) => process.onStderr(listener),
    pauseOutput: () => process.pauseOutput(),
    resumeOutput: () => process.resumeOutput(),
    endInput: () => process.endInput(),
    ...(freeze === undefined ? {} : { freeze: () => freeze.call(process) }),
    ...(thaw === undefined ? {} : { thaw: () => thaw.call(process) }),
    stop,
  });
}
