import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerSpec } from '../../src/core/container/spec.ts';
import type { ContainerEngine, ServerProcess } from '../../src/core/ports.ts';
import type { LockView } from '../../src/core/profile/grants.ts';
import { closedContainer, profileDefaults, serverDefaults, type ImageServer, type OutputPolicy } from '../../src/core/profile/profile.ts';
import { CallLog } from '../../src/gateway/callLog.ts';
import type { ClientLink } from '../../src/gateway/clientLink.ts';
import { InstancePool } from '../../src/gateway/instances/pool.ts';
import type { LaunchHost } from '../../src/gateway/instances/launch.ts';
import type { CallInterceptors } from '../../src/gateway/interceptors/interceptors.ts';
import { ProfileGuard } from '../../src/gateway/scan/profileGuard.ts';
import { Scanning } from '../../src/gateway/scan/scanning.ts';
import type { SessionFacts } from '../../src/gateway/session/sessionServers.ts';
import { KnownLists } from '../../src/gateway/lists/knownLists.ts';
import { Session } from '../../src/gateway/session/session.ts';
import type { CallSummary } from '../../src/shared/calls.ts';
import type { GatewaySettings } from '../../src/shared/gatewaySettings.ts';
import { OwnedGroups } from '../../src/node/ownedGroups.ts';
import { ok, type Result } from '../../src/shared/result.ts';
import type { Notification, Reply } from './mcpClient.ts';
import { until } from './until.ts';

type Launch = (spec: ContainerSpec) => ServerProcess | Promise<Result<ServerProcess>>;

const foldersToRemove = new Set<string>();
process.once('exit', () => foldersToRemove.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A gateway in the test's process, whose servers the test starts itself. Several sessions may share it. */
export class TestGateway {
  readonly calls = new CallLog();
  readonly log: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'wharf-session-'));
  readonly lists = new KnownLists(this.folder);
  readonly scanning = new Scanning((line) => void this.log.push(line));
  readonly pool: InstancePool;
  /** Content ids of images by reference; an image has none until the test gives it one. */
  readonly imageIds = new Map<string, string>();
  readonly imageDigestsOf = new Map<string, readonly string[]>();
  /** The value of every secret. */
  secret = '';
  readonly owner = { machine: 'm', boot: 'b', pid: process.pid, startedAt: '' };
  private readonly servers: Readonly<Record<string, Launch>>;

  constructor(servers: Readonly<Record<string, Launch>>, maxInstances?: number) {
    this.servers = servers;
    this.pool = new InstancePool(
      {
        launching: this.launching(),
        lists: this.lists,
        log: (line) => void this.log.push(line),
        changed: () => undefined,
      },
      maxInstances,
    );
    foldersToRemove.add(this.folder);
  }

  get serverNames(): readonly string[] {
    return Object.keys(this.servers);
  }

  imageId(reference: string): Promise<string | null> {
    return Promise.resolve(this.imageIds.get(reference) ?? null);
  }

  imageDigests(reference: string): Promise<readonly string[]> {
    return Promise.resolve(this.imageDigestsOf.get(reference) ?? []);
  }

  /** Nothing has to be looked up or looked at. */
  private launching(): LaunchHost {
    return {
      engine: () => this.engine(),
      owner: this.owner,
      groups: new OwnedGroups(this.folder),
      pull: () => Promise.resolve(ok(null)),
      imageId: async (reference) => (await this.imageId(reference)) ?? `sha256:${reference}`,
      imageDigests: (reference) => this.imageDigests(reference),
      secretSource: () => ({
        resolve: () => Promise.resolve(ok({ value: this.secret, version: this.secret })),
        versionOf: () => Promise.resolve(ok(this.secret)),
      }),
      injected: (secrets) => this.scanning.add(secrets),
      redact: (text) => this.scanning.redactText(text),
      redactProblem: (problem) => this.scanning.redactProblem(problem),
      withoutInjected: (lists) => this.scanning.withoutInjected(lists),
      checkImage: () => Promise.resolve(ok({ pinned: null })),
      isImageGranted: () => Promise.resolve(ok(true)),
      place: (server) => Promise.resolve(ok(server)),
      checkMounts: () => Promise.resolve(ok([])),
      dataVolumes: () => [],
      contacted: () => undefined,
    };
  }

  private engine(): Promise<ContainerEngine> {
    const engine: Pick<ContainerEngine, 'start'> = {
      start: async (spec) => {
        const launched = await this.servers[spec.server]?.(spec);
        if (launched === undefined) {
          throw new Error(`The test has no server ${spec.server}.`);
        }
        return 'ok' in launched ? launched : { ok: true, value: launched };
      },
    };
    return Promise.resolve(engine as ContainerEngine);
  }
}

let nextSession = 1;

const noInterceptors = {
  hasBefore: false,
  hasAfter: false,
  before: () => Promise.resolve(ok(undefined)),
  after: () => Promise.resolve(ok(undefined)),
};

/** One client of a gateway. */
export class TestSession {
  readonly gateway: TestGateway;
  readonly lines: string[] = [];
  readonly session: Session;
  /** What the session began with. */
  readonly facts: SessionFacts;
  /** What the client has not read yet, as far as the session can tell. */
  queuedBytes = 0;
  private nextId = 1;

  constructor(
    servers: Readonly<Record<string, Launch>> | TestGateway,
    more: Partial<ImageServer> = {},
    options: {
      readonly patienceMs?: number;
      readonly settings?: GatewaySettings;
      readonly resumed?: boolean;
      readonly granted?: readonly string[];
      readonly called?: (call: CallSummary) => void;
      readonly output?: OutputPolicy;
      /** The file of a project's profile; the user's own where it is not given. */
      readonly projectFile?: string;
      readonly workspace?: string;
      readonly interceptors?: CallInterceptors;
      readonly lock?: LockView;
    } = {},
  ) {
    this.gateway = servers instanceof TestGateway ? servers : new TestGateway(servers);
    const { gateway } = this;
    const profile = {
      id: 'dev',
      name: 'dev',
      ...profileDefaults,
      output: options.output ?? profileDefaults.output,
      origin:
        options.projectFile === undefined
          ? { path: 'dev.yaml', scope: 'user' as const }
          : { path: options.projectFile, scope: 'project' as const },
      ...(options.lock === undefined ? {} : { lock: options.lock }),
      servers: gateway.serverNames.map((name) => ({ ...imageServer(name), ...more })),
    };
    const patience = (): Promise<number> => Promise.resolve(options.patienceMs ?? 20_000);
    this.facts = {
      profile,
      settings: options.settings ?? {},
      interceptors: options.interceptors ?? noInterceptors,
      resumed: options.resumed ?? false,
      workspace: options.workspace ?? '/project',
      patience,
      granted: options.granted,
      called: options.called,
    };
    const host = {
      pool: gateway.pool,
      lists: gateway.lists,
      calls: gateway.calls,
      imageId: (reference: string) => gateway.imageId(reference),
      imageDigests: (reference: string) => gateway.imageDigests(reference),
      guardFor: (facts: SessionFacts) => new ProfileGuard(facts.profile, facts.settings, gateway.scanning),
      log: (line: string) => void gateway.log.push(line),
    };
    this.session = new Session(`s${nextSession++}`, { kind: 'usable', facts: this.facts }, host, this.link());
  }

  get calls(): CallLog {
    return this.gateway.calls;
  }

  get log(): string[] {
    return this.gateway.log;
  }

  get messages(): readonly (Partial<Reply> & Partial<Notification>)[] {
    return this.lines.map((line) => JSON.parse(line) as Partial<Reply> & Partial<Notification>);
  }

  send(message: Readonly<Record<string, unknown>>): void {
    this.session.receive(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })));
  }

  notify(method: string, params?: unknown): void {
    this.send({ method, params });
  }

  /** Sends a request and gives its id. */
  begin(method: string, params?: unknown): number {
    const id = this.nextId++;
    this.send({ id, method, params });
    return id;
  }

  answerTo(id: number): Promise<Partial<Reply>> {
    return until(() => this.messages.find((message) => message.id === id && message.method === undefined), {
      what: `the answer to request ${id}`,
    });
  }

  request(method: string, params?: unknown): Promise<Partial<Reply>> {
    return this.answerTo(this.begin(method, params));
  }

  async initialize(capabilities: Readonly<Record<string, unknown>> = {}): Promise<Partial<Reply>> {
    const reply = await this.request('initialize', {
      protocolVersion: '2025-06-18',
      capabilities,
      clientInfo: { name: 'test', version: '1' },
    });
    this.notify('notifications/initialized');
    return reply;
  }

  async toolNames(): Promise<readonly string[]> {
    const { result } = await this.request('tools/list', {});
    return ((result as { tools?: readonly { name: string }[] } | undefined)?.tools ?? []).map((tool) => tool.name);
  }

  private link(): ClientLink {
    const queued = (): number => this.queuedBytes;
    return {
      send: (message) => void this.lines.push(message.toString()),
      get queuedBytes() {
        return queued();
      },
      cutOff: () => undefined,
    };
  }
}

function imageServer(name: string): ImageServer {
  return {
    ...serverDefaults,
    ...closedContainer,
    kind: 'image',
    name,
    image: `${name}:1`,
    startTimeoutMs: 5_000,
    tools: null,
    line: 1,
  };
}
