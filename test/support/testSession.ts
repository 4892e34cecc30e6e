import type { ContainerSpec } from '../../src/core/container/spec.ts';
import type { ContainerEngine, ServerProcess } from '../../src/core/ports.ts';
import type { ImageServer } from '../../src/core/profile/profile.ts';
import { CallLog } from '../../src/gateway/callLog.ts';
import { KnownTools } from '../../src/gateway/knownTools.ts';
import { Session } from '../../src/gateway/session.ts';
import type { Result } from '../../src/shared/result.ts';
import type { Notification, Reply } from './mcpClient.ts';
import { until } from './until.ts';

type Launch = (spec: ContainerSpec) => ServerProcess | Promise<Result<ServerProcess>>;

/** A session of the gateway in the test's process, whose servers the test starts itself. */
export class TestSession {
  readonly calls = new CallLog();
  readonly log: string[] = [];
  readonly lines: string[] = [];
  readonly session: Session;
  private nextId = 1;

  constructor(servers: Readonly<Record<string, Launch>>, more: Partial<ImageServer> = {}) {
    const engine: Pick<ContainerEngine, 'start'> = {
      start: async (spec) => {
        const launched = await servers[spec.server]?.(spec);
        if (launched === undefined) {
          throw new Error(`The test has no server ${spec.server}.`);
        }
        return 'ok' in launched ? launched : { ok: true, value: launched };
      },
    };
    const profile = { id: 'dev', name: 'dev', servers: Object.keys(servers).map((name) => ({ ...imageServer(name), ...more })) };
    this.session = new Session(
      's1',
      { kind: 'usable', profile, path: '/profile.yaml' },
      {
        engine: () => Promise.resolve(engine as ContainerEngine),
        owner: { machine: 'm', boot: 'b', pid: process.pid, startedAt: '' },
        log: (line) => void this.log.push(line),
        calls: this.calls,
        known: new KnownTools(),
      },
      (line) => void this.lines.push(line),
    );
  }

  get messages(): readonly (Partial<Reply> & Partial<Notification>)[] {
    return this.lines.map((line) => JSON.parse(line) as Partial<Reply> & Partial<Notification>);
  }

  notify(method: string, params?: unknown): void {
    this.session.receive(Buffer.from(JSON.stringify({ jsonrpc: '2.0', method, params })));
  }

  /** Sends a request and gives its id. */
  begin(method: string, params?: unknown): number {
    const id = this.nextId++;
    this.session.receive(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params })));
    return id;
  }

  answerTo(id: number): Promise<Partial<Reply>> {
    return until(() => this.messages.find((message) => message.id === id), { what: `the answer to request ${id}` });
  }

  request(method: string, params?: unknown): Promise<Partial<Reply>> {
    return this.answerTo(this.begin(method, params));
  }

  initialize(): Promise<Partial<Reply>> {
    return this.request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } });
  }

  async toolNames(): Promise<readonly string[]> {
    const { result } = await this.request('tools/list', {});
    return ((result as { tools?: readonly { name: string }[] } | undefined)?.tools ?? []).map((tool) => tool.name);
  }
}

function imageServer(name: string): ImageServer {
  return {
    kind: 'image',
    name,
    image: `${name}:1`,
    command: [],
    env: {},
    network: 'none',
    limits: {},
    startTimeoutMs: 5_000,
    tools: null,
    line: 1,
  };
}
