import { homedir } from 'node:os';

import type { ContainerOwner } from '../core/container/labels.ts';
import type { ContainerSpec } from '../core/container/spec.ts';
import { placed, usesWorkspace } from '../core/container/places.ts';
import { isDenied, type Contact } from '../core/network/contact.ts';
import type { ContainerEngine, PullProgress, SecretSource } from '../core/ports.ts';
import type { ImageWish } from '../core/provenance/decision.ts';
import type { ImageFacts } from '../core/provenance/imageFacts.ts';
import type { ServedProfile } from '../core/profile/grants.ts';
import type { ImageServer, Mount, ProfileServer, RemoteServer } from '../core/profile/profile.ts';
import { writtenValues } from '../core/profile/writtenValues.ts';
import * as problems from '../core/problems.ts';
import { localSocket, type DockerEndpoint } from '../docker/endpoint.ts';
import { isImageGranted } from '../node/allowances.ts';
import { dataVolumes } from '../node/dataVolumes.ts';
import { closedPlaces, type Locations } from '../node/locations.ts';
import { checkMounts } from '../node/mountSources.ts';
import type { OwnedGroups } from '../node/ownedGroups.ts';
import { ImageGate } from '../node/provenance/imageGate.ts';
import { isTrustedWorkspace } from '../node/workspaceTrust.ts';
import type { GatewaySettings } from '../shared/gatewaySettings.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { Containers } from './containers.ts';
import { LearnedHosts } from './egress/learnedHosts.ts';
import { RefusedHosts, refusalWords } from './egress/refusedHosts.ts';
import type { Surroundings } from './instances/instance.ts';
import type { LaunchHost } from './instances/launch.ts';
import type { InjectedSecret } from './instances/secretValues.ts';
import type { Authorizer } from './oauth/authorizer.ts';
import type { ServerLists } from './lists/serverLists.ts';
import type { Logins } from './oauth/logins.ts';
import type { Scanning } from './scan/scanning.ts';
import type { Secrets } from './secrets/secrets.ts';

/** The parts of a gateway that starting a server needs. */
export interface LaunchingParts {
  readonly locations: Locations;
  readonly endpoint: DockerEndpoint;
  readonly containers: Containers;
  readonly owner: ContainerOwner;
  readonly groups: OwnedGroups;
  readonly secrets: Secrets;
  readonly logins: Logins;
  readonly scanning: Scanning;
  log(line: string): void;
  /** Something new is known of the servers of a profile. */
  changed(profile: string): void;
  /** Something that happened while calls of this server ran. */
  noteInCalls(profilePath: string, server: string, text: string): void;
}

/** What servers of one gateway are started with: each part is asked for what its user granted, and for nothing else. */
export class Launching implements LaunchHost {
  readonly owner: ContainerOwner;
  readonly groups: OwnedGroups;
  readonly learned: LearnedHosts;
  private readonly parts: LaunchingParts;
  private readonly images: ImageGate;
  private readonly refused = new RefusedHosts();

  constructor(parts: LaunchingParts) {
    this.parts = parts;
    this.owner = parts.owner;
    this.groups = parts.groups;
    this.learned = new LearnedHosts(parts.locations.dataFolder);
    this.images = new ImageGate({
      locations: parts.locations,
      log: (line) => parts.log(line),
      digestsOf: async (reference) => (await parts.containers.engine()).imageDigests(reference),
    });
  }

  engine(): Promise<ContainerEngine> {
    return this.parts.containers.engine();
  }

  imageId(reference: string): Promise<string | null> {
    return this.parts.containers.images.idOf(reference);
  }

  imageDigests(reference: string): Promise<readonly string[]> {
    return this.parts.containers.images.digestsOf(reference);
  }

  pull(reference: string, onProgress: (progress: PullProgress) => void, givenUp: Promise<void>): Promise<Result<null>> {
    return this.parts.containers.images.pull(reference, onProgress, givenUp);
  }

  secretSource({ secretsFile }: GatewaySettings, workspace: string): SecretSource {
    return this.parts.secrets.sourceFor({ secretsFile, workspace });
  }

  injected(secrets: readonly InjectedSecret[]): void {
    this.parts.scanning.add(secrets);
  }

  starts(server: ProfileServer): void {
    this.parts.scanning.addWritten(writtenValues(server));
  }

  redact(text: string): string {
    return this.parts.scanning.redactText(text);
  }

  redactProblem(problem: Problem): Problem {
    return this.parts.scanning.redactProblem(problem);
  }

  withoutInjected(lists: ServerLists): ServerLists {
    return this.parts.scanning.withoutInjected(lists);
  }

  authorizerFor(server: RemoteServer, profile: string): Authorizer {
    return this.parts.logins.authorizerFor(server, profile);
  }

  checkImage(image: string, wish: ImageWish): Promise<Result<ImageFacts>> {
    return this.images.check(image, wish);
  }

  isImageGranted(
    profile: string,
    server: string,
    image: { readonly image: string; readonly id: string; readonly isLean: boolean },
  ): Promise<Result<boolean>> {
    return isImageGranted(this.parts.locations, profile, server, image);
  }

  async place(server: ImageServer, { workspace, profile: { origin } }: Surroundings): Promise<Result<ImageServer>> {
    const project = origin.scope === 'project' ? origin.path : null;
    const isTrusted = !usesWorkspace(server) || (await isTrustedWorkspace(this.parts.locations, workspace, project));
    return isTrusted ? ok(placed(server, { home: homedir(), workspace })) : fail(problems.workspaceNotTrusted(server.name, workspace));
  }

  async checkMounts(server: string, mounts: readonly Mount[], { workspace }: Surroundings): Promise<Result<ContainerSpec['mounts']>> {
    const { locations } = this.parts;
    const socket = localSocket(this.parts.endpoint);
    const closed = closedPlaces(locations, socket);
    return checkMounts(mounts, { server, workspace, home: homedir(), isEngineLocal: socket !== null, closed });
  }

  dataVolumes(server: Pick<ImageServer, 'name' | 'isolation'>, { profile }: Surroundings): ContainerSpec['volumes'] {
    return dataVolumes(this.parts.locations, profile, server);
  }

  close(): void {
    this.learned.flush();
  }

  contacted({ id: profile, origin }: ServedProfile, { name: server, network }: ImageServer, contact: Contact): void {
    // A server chooses the names it asks for, and may put anything into them.
    const isPlain = network.kind === 'learn' && this.redact(contact.host) === contact.host;
    if (isPlain && this.learned.record(origin.path, server, contact)) {
      this.parts.changed(profile);
    }
    const words = this.refused.tell(origin.path, server, contact);
    if (words !== undefined) {
      this.parts.log(`${profile}: ${words}`);
    }
    if (isDenied(contact)) {
      this.parts.noteInCalls(origin.path, server, this.redact(refusalWords(server, contact)));
    }
  }
}
