import type { Profile } from '../core/profile/profile.ts';
import type { JsonRpcNotification, McpTool } from '../shared/mcp.ts';
import { describeProblem } from '../shared/problem.ts';
import { ok, type Result } from '../shared/result.ts';
import type { ServerReport } from '../shared/servers.ts';
import { ServerInstance, type InstanceHost } from './instance.ts';
import type { KnownTools } from './knownTools.ts';
import { makeToolTable, type ToolTable } from './toolTable.ts';

export interface ServersHost extends InstanceHost {
  readonly known: KnownTools;
}

/** Whom the servers of a session speak to. */
export interface ServersListener {
  notify(message: JsonRpcNotification): void;
  /** One sentence about a server that failed or a tool that was mended. */
  warn(text: string): void;
}

/** The servers of one session: all are started at once, and the table of their tools is complete when each answered or failed. */
export class SessionServers {
  /** Rejects only for a fault of Wharf. */
  readonly table: Promise<ToolTable>;
  private readonly profile: Profile;
  private readonly path: string;
  private readonly host: ServersHost;
  private readonly listener: ServersListener;
  private readonly instances: readonly ServerInstance[];

  constructor(profile: Profile, path: string, host: ServersHost, listener: ServersListener) {
    this.profile = profile;
    this.path = path;
    this.host = host;
    this.listener = listener;
    const instanceListener = {
      stateChanged: (): void => host.known.changed(profile.id),
      notified: (message: JsonRpcNotification): void => listener.notify(message),
    };
    this.instances = profile.servers.map((server) => new ServerInstance(profile.id, server, host, instanceListener));
    this.table = this.discover();
    // Whoever asks for the table hears of a failure; a client may leave before it asks.
    this.table.catch(() => undefined);
  }

  reports(): readonly ServerReport[] {
    return this.instances.map(({ server, state }) => ({ name: server.name, state, tools: this.host.known.summaries(this.path, server) }));
  }

  /** Resolves when nothing of the servers is left. */
  async stop(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.stop()));
  }

  private async discover(): Promise<ToolTable> {
    const lists = await Promise.all(this.instances.map(async (instance) => ({ instance, tools: await this.toolsOf(instance) })));
    const table = makeToolTable(lists);
    for (const problem of table.failures) {
      this.listener.warn(describeProblem(problem));
    }
    return table;
  }

  private async toolsOf(instance: ServerInstance): Promise<Result<readonly McpTool[]>> {
    const upstream = await instance.ready();
    const listed = upstream.ok ? await upstream.value.listTools((text) => this.listener.warn(text)) : upstream;
    if (!listed.ok) {
      return listed;
    }
    this.host.known.remember(this.path, this.profile.id, instance.server, listed.value);
    const allowed = instance.server.tools;
    return ok(allowed === null ? listed.value : listed.value.filter((tool) => allowed.includes(tool.name)));
  }
}
