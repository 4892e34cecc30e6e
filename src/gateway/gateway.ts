import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { containerLabels, type ContainerOwner } from '../core/container/labels.ts';
import type { ContainerEngine } from '../core/ports.ts';
import { parseSecretReference } from '../core/secrets/reference.ts';
import type { RemoteServer } from '../core/profile/profile.ts';
import * as problems from '../core/problems.ts';
import { mayHaveGranted } from '../core/tools/toolGrants.ts';
import { findEndpoint, type DockerEndpoint } from '../docker/endpoint.ts';
import { hashOf } from '../node/allowances.ts';
import type { Locations } from '../node/locations.ts';
import { ownIdentity } from '../node/machine.ts';
import { OwnedGroups } from '../node/ownedGroups.ts';
import { findProfile, type ProfileFile } from '../node/profileFiles.ts';
import { projectProfilesFolder } from '../node/profileFolders.ts';
import { startupPatienceMs } from '../node/startupPatience.ts';
import type { CallSummary } from '../shared/calls.ts';
import type { ProfileSelection } from '../shared/controlProtocol.ts';
import type { GatewaySettings } from '../shared/gatewaySettings.ts';
import type { Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { ServerReport } from '../shared/servers.ts';
import { CallHistory } from './callHistory.ts';
import { CallLog } from './callLog.ts';
import type { ClientLink, ClientSession } from './clientLink.ts';
import { Containers } from './containers.ts';
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
import { noLock, ProfileLocks } from './locks/profileLocks.ts';
import { Logins } from './oauth/logins.ts';
import { findRemoteServer, isAt, isLoginProblem } from './oauth/remoteServers.ts';
import type { Guard } from './scan/guard.ts';
import { ProfileGuard } from './scan/profileGuard.ts';
import { Scanning } from './scan/scanning.ts';
import { Secrets } from './secrets/secrets.ts';
import { Session, type SessionChoice, type SessionHost } from './session/session.ts';
import type { SessionFacts } from './session/sessionServers.ts';
import { ToolWarnings } from './toolWarnings.ts';

/** How long a gateway that ends waits for its servers: an engine that hangs must not keep it. */
export const stopPatienceMs = 15_000;
/** How often the native servers of other gateways are looked at. */
const groupLookMs = 5_000;

/** What a client asks for when it comes. */
export interface SessionWish {
  readonly profile: ProfileSelection;
  /** The client's working folder. */
  readonly cwd: string;
  readonly settings: GatewaySettings;
  /** Another gateway served this client before. */
  readonly resumed?: boolean;
  /** Is told at once why this client gets no tools; the client itself hears it with its first request. */
  readonly refused?: (problem: Problem) => void;
  /** What the client's token lets it use of the profile (src/core/tools/toolGrants.ts); everything where it is not given. */
  readonly granted?: readonly string[];
  /** Is told of each call of this client that ended. */
  readonly called?: (call: CallSummary) => void;
}

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
  private readonly locations: Locations;
  private readonly endpoint: DockerEndpoint;
  private readonly containers: Containers;
  private readonly discovery = new Discovery(this);
  private readonly toolWarnings: ToolWarnings;
  private readonly locks: ProfileLocks;
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
    this.logins.follow((server) => this.askAgain(server));
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
      noteInCalls: (profile, server, text) => this.calls.note(profile, server, text),
    });
    this.secrets.onChange((name) => this.renew(name));
    this.secrets.onVaultChange(() => this.askThoseWithoutSecrets());
    this.lists = new KnownLists(locations.dataFolder, (json) => this.scanning.redactGiven(json));
    this.pool = new InstancePool(this, maxInstances);
    this.toolWarnings = new ToolWarnings(
      (where) => this.discovery.reports(where, null),
      (line) => warn(this.scanning.redactText(line)),
    );
    this.locks = new ProfileLocks((path) => this.relock(path), this.log);
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

  /** One JSON text for people and programs of this user, without the values that servers were given. */
  /** As what is written down, and without these values too. */
  redactTexts(texts: readonly string[], more: readonly InjectedSecret[]): readonly string[] {
    return this.scanning.redactTexts(texts, more);
  }

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
    const choice = await this.choose(wish);
    if (choice.kind === 'refused') {
      wish.refused?.(choice.problem);
    } else {
      this.toolWarnings.add(choice.facts, choice.facts.settings.tools);
    }
    const session = adaptClient(link, (inner) => this.track(choice, inner));
    if (this.closed) {
      await session.close();
    }
    return session;
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
    this.containers.close();
    this.launching.close();
    this.secrets.close();
    await this.journal.close();
  }

  /** The tools of a profile's servers as far as they are known; with `discover`, unknown ones are started, asked and stopped, and with `all` the others too. */
  async profileTools(
    profile: ProfileSelection,
    cwd: string,
    discover: boolean | 'all',
    settings: GatewaySettings = {},
  ): Promise<Result<readonly ServerReport[]>> {
    const choice = await this.choose({ profile, cwd, settings });
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
        ...guard.listed(report.name, withChoice(found, this.asSeenBySessions(found.id, report))),
        ...needs(report.name),
        ...learnedBy(found, report.name, this.launching.learned),
      })),
    );
  }

  /** The servers of a profile as they are now, whatever its lock says: each is started, asked and stopped. */
  async foundServers(profile: ProfileSelection, cwd: string): Promise<Result<readonly FoundReport[]>> {
    const choice = await this.choose({ profile, cwd, settings: {} }, false);
    return choice.kind === 'refused' ? fail(choice.problem) : ok(await this.discovery.found(choice.facts));
  }

  /** The hosts that a server of a profile that its user allowed reached while it learned them, the last one first. */
  async learnedHosts(profile: ProfileSelection, cwd: string, server: string): Promise<Result<readonly LearnedHost[]>> {
    const choice = await this.choose({ profile, cwd, settings: {} });
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
    const choice = await this.choose({ profile, cwd, settings: {} });
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

  /** Whoever was told that a server wants a login hears of its tools once somebody logged in. */
  private askAgain(server: string): void {
    for (const instance of this.pool.all) {
      const { spec, state } = instance;
      if (state.kind === 'failed' && isLoginProblem(state.problem) && isAt(spec.server, server)) {
        this.pool.ask(instance).catch((error: unknown) => this.log(describeError(error)));
      }
    }
  }

  /** A server that got an older value of a secret starts with the new one when it is wanted next; what it is asked right now it may answer. */
  private renew(secret: string): void {
    for (const instance of this.pool.all) {
      const { server } = instance.spec;
      const uses = server.kind === 'builtIn' ? [] : server.secrets;
      if (uses.some(({ reference }) => isOfVault(reference, secret)) && !wantsSecret(instance)) {
        void instance.stopAfterCalls(`its secret "${secret}" changed`);
      }
    }
    this.askThoseWithoutSecrets();
  }

  /** Whoever was told that a server misses a secret hears of its tools once the secret is there. */
  private askThoseWithoutSecrets(): void {
    for (const instance of this.pool.all.filter(wantsSecret)) {
      this.pool.ask(instance).catch((error: unknown) => this.log(describeError(error)));
    }
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

  private track(choice: SessionChoice, link: ClientLink): ClientSession {
    const release = choice.kind === 'usable' ? this.locks.hold(choice.facts.profile) : undefined;
    const session = new Session(`s${this.nextSession++}`, choice, this, link);
    this.sessions.add(session);
    return {
      receive: (message) => session.receive(message),
      drained: () => session.drained(),
      close: () => {
        release?.();
        return this.closeSession(session);
      },
    };
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
      const closing = session.close();
      this.closing.add(closing);
      await closing.finally(() => this.closing.delete(closing));
    }
  }

  /** A session may use a server in a way of its own, and knows of failures that nobody else saw. */
  private asSeenBySessions(profile: string, report: ServerReport): ServerReport {
    const seen = this.openSessions
      .map((session) => session.report())
      .filter((session) => session.profile === profile)
      .flatMap(({ servers }) => servers)
      .filter(({ name }) => name === report.name);
    const state = report.state.kind === 'stopped' ? seen.find((one) => one.state.kind !== 'stopped')?.state : undefined;
    const tools = report.tools ?? seen.find((one) => one.tools !== null)?.tools ?? null;
    return { ...report, state: state ?? report.state, tools };
  }

  private async choose(wish: SessionWish, isLocked = true): Promise<SessionChoice> {
    const { profile: selection, cwd, settings, resumed = false, granted, called } = wish;
    const found = await findProfile(this.locations, selection, cwd);
    const problem = found.ok ? whyNot(found.value, settings.trustProfile) : found.problem;
    if (!found.ok || !found.value.profile.ok || problem !== undefined) {
      return { kind: 'refused', problem: problem ?? problems.profileNotFound('', []) };
    }
    const file = found.value;
    const interceptors = this.interceptors(settings, file.id, cwd);
    if (!interceptors.ok) {
      return { kind: 'refused', problem: interceptors.problem };
    }
    const patience = (): Promise<number> => startupPatienceMs(file, selection, cwd);
    const read = found.value.profile.value;
    const servers = read.servers.filter(({ name }) => mayHaveGranted(name, granted));
    // Somebody else's profile shares no running copy with the user's own, which may hold what was granted to those alone.
    const scope = file.isPulled ? 'project' : file.scope;
    const lock = isLocked ? await this.locks.forSession(file, read, settings) : ok(noLock);
    if (!lock.ok) {
      return { kind: 'refused', problem: lock.problem };
    }
    const profile = { ...read, id: file.id, servers, origin: { path: file.path, scope }, lock: lock.value };
    const workspace = workspaceOf(file, cwd);
    return {
      kind: 'usable',
      facts: { profile, settings, resumed, interceptors: interceptors.value, workspace, patience, granted, called },
    };
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

function whyNot(file: ProfileFile, trusted: string | undefined): ReturnType<typeof problems.profileNotAllowed> | undefined {
  if (!file.profile.ok) {
    return file.profile.problem;
  }
  const isTrusted = trusted !== undefined && hashOf(file.text) === trusted.toLowerCase();
  return file.allowed || isTrusted ? undefined : problems.profileNotAllowed(file.path, file.id, file.isPulled);
}

function wantsSecret({ state }: Instance): boolean {
  return state.kind === 'failed' && state.problem.code === 'WHARF_SECRET_FOR_SERVER';
}

/**
 * The project of a project's profile is where it lies; for others it is the client's folder. A file that lies elsewhere
 * than a project's profiles do must not make the folders above it a project.
 */
function workspaceOf(file: ProfileFile, cwd: string): string {
  const project = dirname(dirname(dirname(file.path)));
  const isOfProject = file.scope === 'project' && dirname(file.path) === join(project, projectProfilesFolder);
  return isOfProject ? project : resolve(cwd);
}

function isOfVault(text: string, name: string): boolean {
  const reference = parseSecretReference(text);
  return reference?.kind === 'vault' && reference.name === name;
}
