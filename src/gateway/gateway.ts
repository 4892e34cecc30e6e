import { homedir } from 'node:os';

import { containerLabels, type ContainerOwner } from '../core/container/labels.ts';
import type { ContainerEngine } from '../core/ports.ts';
import type { ServedProfile } from '../core/profile/grants.ts';
import type { RemoteServer } from '../core/profile/profile.ts';
import * as problems from '../core/problems.ts';
import { findEndpoint, type DockerEndpoint } from '../docker/endpoint.ts';
import type { Locations } from '../node/locations.ts';
import { ownIdentity } from '../node/machine.ts';
import { OwnedGroups } from '../node/ownedGroups.ts';
import { policyFilesOf } from '../node/provenance/policyPlaces.ts';
import type { ProfileSelection, SessionSelection } from '../shared/controlProtocol.ts';
import type { GatewaySettings } from '../shared/gatewaySettings.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { ServerReport } from '../shared/servers.ts';
import { CallHistory } from './callHistory.ts';
import { admit, admitFile, type AdmissionParts, type SessionWish } from './admission.ts';
import { CallLog } from './callLog.ts';
import type { ClientLink, ClientSession } from './clientLink.ts';
import { Containers } from './containers.ts';
import { followCredentials } from './credentialChanges.ts';
import { describeError } from './describeError.ts';
import { Discovery, withChoice, type FoundReport } from './discovery.ts';
import { adaptClient } from './eras/clientEra.ts';
import type { Instance } from './instances/instance.ts';
import type { InjectedSecret } from './instances/secretValues.ts';
import { InstancePool, type PoolHost } from './instances/pool.ts';
import { makeInterceptors, type CallInterceptors } from './interceptors/interceptors.ts';
import type { LearnedHost } from './egress/learnedHosts.ts';
import { openJournal, ServerEvents } from './journal/ofGateway.ts';
import type { Journal } from './journal/journal.ts';
import { Launching } from './launching.ts';
import { learnedBy, vaultNeeds } from './serverNeeds.ts';
import { KnownLists } from './lists/knownLists.ts';
import type { LiveProfile } from './liveProfile.ts';
import { LiveProfiles } from './liveProfiles.ts';
import { ProfileLocks } from './locks/profileLocks.ts';
import { Logins } from './oauth/logins.ts';
import { findRemoteServer } from './oauth/remoteServers.ts';
import type { Guard } from './scan/guard.ts';
import { ProfileGuard } from './scan/profileGuard.ts';
import { Scanning } from './scan/scanning.ts';
import type { SecretFiles } from './secrets/secretFiles.ts';
import { Secrets } from './secrets/secrets.ts';
import { Session, type SessionChoice, type SessionHost } from './session/session.ts';
import type { SessionFacts } from './session/sessionServers.ts';
import { ToolWarnings } from './toolWarnings.ts';

/** How long a gateway that ends waits for its servers: an engine that hangs must not keep it. */
export const stopPatienceMs = 15_000;
/** How often the native servers of other gateways are looked at. */
const groupLookMs = 5_000;

/** Everything that runs behind one socket, or in one foreground process. Knows no transport. */
export class Gateway implements SessionHost, PoolHost {
  readonly calls = new CallLog((call) => this.journal.put(call));
  readonly journal: Journal;
  readonly history: CallHistory;
  readonly lists: KnownLists;
  readonly pool: InstancePool;
  readonly owner: ContainerOwner = ownIdentity();
  readonly groups: OwnedGroups;
  readonly secrets: Secrets;
  readonly logins: Logins;
  readonly launching: Launching;
  readonly log: (line: string) => void;
  private readonly scanning: Scanning;
  private readonly serverEvents: ServerEvents;
  readonly locations: Locations;
  private readonly endpoint: DockerEndpoint;
  private readonly containers: Containers;
  private readonly discovery = new Discovery(this);
  private readonly toolWarnings: ToolWarnings;
  private readonly locks: ProfileLocks;
  private readonly profiles: LiveProfiles;
  private readonly secretFiles: SecretFiles;
  private readonly sessions = new Set<Session>();
  private readonly closing = new Set<Promise<void>>();
  private readonly profileListeners = new Set<(profile: string) => void>();
  private closed = false;
  private groupTimer: NodeJS.Timeout | undefined;
  private nextSession = 1;

  /** `warn` gets what is said once of what its user asks for. Only the daemon `hasControl`: nobody can ask another gateway for anything. */
  constructor(locations: Locations, log: (line: string) => void, maxInstances?: number, warn = log, hasControl = true) {
    this.locations = locations;
    // Whatever is written down, no secret is.
    this.log = (line) => log(this.scanning.redactText(line));
    this.scanning = new Scanning(log, (server, sentence) => this.serverEvents.found(server, sentence));
    this.journal = openJournal(locations, this.owner, this.scanning, (line) => this.log(line));
    this.history = new CallHistory(this.calls, this.journal);
    this.serverEvents = new ServerEvents(this.journal);
    this.endpoint = findEndpoint({ ...process.env, ...locations.environment }, homedir());
    this.containers = new Containers(this.endpoint, {
      owner: this.owner,
      runsServer: (id) => this.pool.all.some(({ processId }) => processId === id),
      log: this.log,
    });
    this.groups = new OwnedGroups(locations.runtimeFolder);
    this.secrets = new Secrets(locations, hasControl);
    this.logins = new Logins({ store: this.secrets.tokens, lockFolder: locations.runtimeFolder, log: this.log });
    this.launching = new Launching({
      locations,
      endpoint: this.endpoint,
      containers: this.containers,
      owner: this.owner,
      groups: this.groups,
      secrets: this.secrets,
      logins: this.logins,
      scanning: this.scanning,
      log: this.log,
      changed: (profile) => this.changed(profile),
      noteInCalls: (profilePath, server, text) => this.calls.note(profilePath, server, text),
    });
    this.lists = new KnownLists(locations.dataFolder, (json) => this.scanning.redactGiven(json));
    this.pool = new InstancePool(this, maxInstances);
    this.secretFiles = followCredentials(this);
    this.toolWarnings = new ToolWarnings(
      (where) => this.discovery.reports(where, null),
      (line) => warn(this.scanning.redactText(line)),
    );
    this.locks = new ProfileLocks((path) => this.relock(path), this.log);
    this.profiles = new LiveProfiles({
      locations,
      find: (wish) => admit(wish, this.admissionParts()),
      admit: (file, wish) => admitFile(file, wish, this.admissionParts()),
      extraFiles: policyFilesOf(locations.configFolder).map(({ path }) => path),
      changed: (profile) => this.changed(profile),
      log: this.log,
    });
    this.lists.follow(() => this.toolWarnings.look());
    this.lists.follow((key) => this.pool.all.filter(({ spec }) => spec.listKey === key).forEach(({ spec }) => this.changed(spec.profile)));
  }

  get dockerEndpoint(): string {
    return this.endpoint.url;
  }

  get openSessions(): readonly Session[] {
    return [...this.sessions];
  }

  engine(): Promise<ContainerEngine> {
    return this.containers.engine();
  }

  imageId(reference: string): Promise<string | null> {
    return this.containers.images.idOf(reference);
  }

  /** As what is written down, and without these values too. */
  redactTexts(texts: readonly string[], more: readonly InjectedSecret[]): readonly string[] {
    return this.scanning.redactTexts(texts, more);
  }

  /** One JSON text for people and programs of this user, without the values that servers were given. */
  redactGiven(json: string): string {
    return this.scanning.redactGiven(json);
  }

  imageDigests(reference: string): Promise<readonly string[]> {
    return this.containers.images.digestsOf(reference);
  }

  guardFor({ profile, settings }: SessionFacts): Guard {
    return new ProfileGuard(profile, settings, this.scanning);
  }

  /** Serves one client, of either era of the protocol, until its session is closed. */
  async openSession(wish: SessionWish, link: ClientLink): Promise<ClientSession> {
    const admission = await admit(wish, this.admissionParts());
    const { choice } = admission;
    if (choice.kind === 'refused') {
      wish.refused?.(choice.problem);
    } else {
      this.toolWarnings.add(choice.facts, choice.facts.settings.tools);
    }
    const live = this.profiles.hold(admission, wish);
    const session = adaptClient(link, (inner) => this.track(live, inner));
    const close = async (): Promise<void> => {
      this.profiles.release(live);
      await session.close();
    };
    if (this.closed) {
      await close();
    }
    return { receive: (message) => session.receive(message), drained: () => session.drained(), close };
  }

  /** Resolves when nothing that this gateway started is left. */
  async close(): Promise<void> {
    this.closed = true;
    this.logins.close();
    clearInterval(this.groupTimer);
    await Promise.all([...this.sessions].map((session) => this.closeSession(session)));
    await this.pool.close();
    await Promise.all(this.closing);
    this.locks.close();
    this.profiles.close();
    this.containers.close();
    this.launching.close();
    this.secrets.close();
    await this.journal.close();
  }

  /** The tools of a profile's servers as far as they are known; with `discover`, unknown ones are started, asked and stopped, and with `all` the others too. */
  async profileTools(
    profile: SessionSelection,
    cwd: string,
    discover: boolean | 'all',
    settings: GatewaySettings = {},
  ): Promise<Result<readonly ServerReport[]>> {
    const choice = await this.admit({ profile, cwd, settings });
    if (choice.kind === 'refused') {
      return fail(choice.problem);
    }
    const reports = await this.discovery.reports(
      choice.facts,
      discover === false ? null : { ...choice.facts, startsAll: discover === 'all' },
    );
    const { profile: found } = choice.facts;
    const guard = this.guardFor(choice.facts);
    const needs = await vaultNeeds(found, this.secrets.vault);
    return ok(
      reports.map((report) => ({
        ...guard.listed(report.name, withChoice(found, this.asSeenBySessions(found, report))),
        ...needs(report.name),
        ...learnedBy(found, report.name, this.launching.learned),
      })),
    );
  }

  /** The servers of a profile as they are now, whatever its lock says: each is started, asked and stopped. */
  async foundServers(profile: ProfileSelection, cwd: string): Promise<Result<readonly FoundReport[]>> {
    const choice = await this.admit({ profile, cwd, settings: {} }, false);
    return choice.kind === 'refused' ? fail(choice.problem) : ok(await this.discovery.found(choice.facts));
  }

  /** The hosts that a server of a profile that its user allowed reached while it learned them, the last one first. */
  async learnedHosts(profile: ProfileSelection, cwd: string, server: string): Promise<Result<readonly LearnedHost[]>> {
    const choice = await this.admit({ profile, cwd, settings: {} });
    if (choice.kind === 'refused') {
      return fail(choice.problem);
    }
    const { servers, origin } = choice.facts.profile;
    const names = servers.map(({ name }) => name);
    return names.includes(server)
      ? ok(this.launching.learned.hosts(origin.path, server))
      : fail(problems.serverNotInProfile(server, names, origin.path));
  }

  /** A remote server of a profile that its user allowed, by its name or its address. */
  async remoteServer(profile: ProfileSelection, cwd: string, server: string): Promise<Result<RemoteServer>> {
    const choice = await this.admit({ profile, cwd, settings: {} });
    return choice.kind === 'refused' ? fail(choice.problem) : findRemoteServer(choice.facts.profile, server);
  }

  /** Hears the id of each profile whose servers or lists changed. Returns a function that stops listening. */
  followProfiles(listener: (profile: string) => void): () => void {
    this.profileListeners.add(listener);
    return () => this.profileListeners.delete(listener);
  }

  changed(profile: string, instance?: Instance, why?: string): void {
    if (instance !== undefined) {
      this.serverEvents.changed(instance, why);
    }
    for (const listener of this.profileListeners) {
      listener(profile);
    }
  }

  /** Ends what dead gateways left, now and as long as this one lives: native servers, and containers, whose engine may have to be waited for. */
  async removeOrphans(): Promise<void> {
    this.groupTimer ??= setInterval(() => void this.endOrphanGroups(), groupLookMs).unref();
    await this.endOrphanGroups();
    await this.containers.removeOrphans();
  }

  private async endOrphanGroups(): Promise<void> {
    try {
      const ended = await this.groups.endOrphans();
      if (ended > 0) {
        this.log(`Ended native servers of gateways that died: ${ended}.`);
      }
    } catch (error) {
      this.log(describeError(error));
    }
  }

  private track(live: LiveProfile, link: ClientLink): ClientSession {
    let opened = this.newSession(live.choice, link);
    const stopFollowing = live.follow((news) => {
      if (news.kind === 'served') {
        this.toolWarnings.add(news.facts, news.facts.settings.tools);
      }
      if (opened.session.isServing) {
        opened.session.profileChanged(news);
      } else {
        // Its client was told nothing of it yet, or that it is refused.
        void opened.close();
        opened = this.newSession(live.choice, link);
      }
    });
    return {
      receive: (message) => opened.session.receive(message),
      drained: () => opened.session.drained(),
      close: () => {
        stopFollowing();
        return opened.close();
      },
    };
  }

  private newSession(choice: SessionChoice, link: ClientLink): { readonly session: Session; readonly close: () => Promise<void> } {
    const release = choice.kind === 'usable' ? this.locks.hold(choice.facts.profile) : undefined;
    const session = new Session(`s${this.nextSession++}`, choice, this, link);
    this.sessions.add(session);
    if (this.sessions.size === 1) {
      this.secretFiles.start();
    }
    const close = (): Promise<void> => {
      release?.();
      return this.closeSession(session);
    };
    return { session, close };
  }

  /** Whoever is served with this lock hears of what it lets through now. */
  private relock(path: string): void {
    for (const session of this.sessions) {
      if (session.profilePath === path) {
        session.relock();
      }
    }
    this.toolWarnings.look();
  }

  private async closeSession(session: Session): Promise<void> {
    if (this.sessions.delete(session)) {
      if (this.sessions.size === 0) {
        this.secretFiles.stop();
      }
      const closing = session.close();
      this.closing.add(closing);
      await closing.finally(() => this.closing.delete(closing));
    }
  }

  /** A session may use a server in a way of its own, and knows of failures that nobody else saw. */
  private asSeenBySessions({ origin }: ServedProfile, report: ServerReport): ServerReport {
    const seen = this.openSessions
      .filter(({ profilePath }) => profilePath === origin.path)
      .flatMap((session) => session.report().servers)
      .filter(({ name }) => name === report.name);
    const state = report.state.kind === 'stopped' ? seen.find((one) => one.state.kind !== 'stopped')?.state : undefined;
    const tools = report.tools ?? seen.find((one) => one.tools !== null)?.tools ?? null;
    return { ...report, state: state ?? report.state, tools };
  }

  private async admit(wish: SessionWish, isLocked = true): Promise<SessionChoice> {
    return (await admit(wish, this.admissionParts(isLocked))).choice;
  }

  private admissionParts(isLocked = true): AdmissionParts {
    const { locations } = this;
    const locks = isLocked ? this.locks : undefined;
    return { locations, locks, interceptors: (settings, profile, cwd) => this.interceptors(settings, profile, cwd) };
  }

  private interceptors({ interceptors = [] }: GatewaySettings, profile: string, cwd: string): Result<CallInterceptors> {
    return makeInterceptors(interceptors, {
      engine: () => this.engine(),
      labels: containerLabels(this.owner, { profile, server: 'interceptor' }),
      cwd,
      log: (line) => this.log(line),
      hold: ({ id }) => this.containers.hold(id),
    });
  }
}
