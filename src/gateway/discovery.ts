import { isDeepStrictEqual } from 'node:util';

import { adviseOn } from '../core/container/advice.ts';
import { serverDrift, type Drift } from '../core/lock/drift.ts';
import type { ProfileOrigin, ServedProfile } from '../core/profile/grants.ts';
import type { Profile, ProfileServer } from '../core/profile/profile.ts';
import { offeredCount, unknownChoices } from '../core/tools/toolChoice.ts';
import { sha256 } from '../node/scanning.ts';
import type { FoundServer } from '../shared/foundServer.ts';
import type { GatewaySettings } from '../shared/gatewaySettings.ts';
import type { McpTool } from '../shared/mcp.ts';
import type { Problem } from '../shared/problem.ts';
import type { Result } from '../shared/result.ts';
import type { ServerReport, ServerState } from '../shared/servers.ts';
import { codexTraits, instanceKey, listKey, placeOf } from './instances/identity.ts';
import type { InstanceSpec, InstanceUser, Surroundings } from './instances/instance.ts';
import { defaultIdleMs } from './instances/pool.ts';
import type { KnownServer } from './lists/knownLists.ts';
import type { ServerLists } from './lists/serverLists.ts';
import { summariesOf } from './lists/summaries.ts';
import { imageOf } from './locks/refusal.ts';
import { listWarnings } from './scan/listWarnings.ts';
import { notOffered } from './upstreams/upstreamReply.ts';
import type { ServersHost } from './session/sessionServers.ts';

/** A report with what the profile's choice of tools makes of the server's. */
export function withChoice({ servers }: Profile, report: ServerReport): ServerReport {
  if (report.tools === null) {
    return report;
  }
  const chosen = servers.find(({ name }) => name === report.name)?.tools ?? null;
  const tools = { server: report.name, chosen, tools: report.tools.map(({ name }) => name) };
  const warnings = [...unknownChoices([tools], undefined), ...(report.warnings ?? [])];
  const served = { ...tools, tools: tools.tools.filter((name) => report.withheld?.includes(name) !== true) };
  return { ...report, offered: offeredCount(served, undefined), ...(warnings.length === 0 ? {} : { warnings }) };
}

/** Names of the tools that a lock keeps from clients. */
function withheldBy(drift: readonly Drift[], tools: readonly McpTool[]): readonly string[] {
  const isWhole = drift.some(({ kind }) => kind === 'serverAdded' || kind === 'imageChanged');
  const differ = new Set(drift.flatMap((one) => (one.kind === 'toolAdded' || one.kind === 'toolChanged' ? [one.tool] : [])));
  return tools.map(({ name }) => name).filter((name) => isWhole || differ.has(name));
}

/** Two projects may have profiles of one id. */
function isOf(origin: ProfileOrigin, { surroundings }: InstanceSpec): boolean {
  return surroundings.profile.origin.path === origin.path;
}

/** For whom servers are asked, and with what they may be started. */
export interface Search extends Surroundings {
  readonly settings: GatewaySettings;
  /** Servers that are known already are started too: what a start would be refused shows in no remembered list. */
  readonly startsAll?: boolean;
  /** In copies of their own, that nobody else has or waits for. */
  readonly alone?: boolean;
}

/** A server as it is now; why that is not known, where it could not be asked. */
export interface FoundReport extends FoundServer {
  readonly failure: Problem | null;
}

/** What is known of a profile's servers outside any session, and the search for what is not known yet. */
export class Discovery {
  private readonly host: ServersHost;
  private count = 0;

  constructor(host: ServersHost) {
    this.host = host;
  }

  /** With `discover`, servers that were never asked, or whose image changed, are started there, asked, and stopped. */
  async reports(where: Surroundings, discover: Search | null): Promise<readonly ServerReport[]> {
    const { profile } = where;
    const failures = await Promise.all(
      profile.servers.map((server) => (discover === null ? Promise.resolve(null) : this.getToKnow(discover, server))),
    );
    const known = await Promise.all(
      profile.servers.map(async (server) => {
        const its = this.known(where, server, discover?.settings ?? {});
        return { server: server.name, known: its, drift: await this.drift(profile, server, its) };
      }),
    );
    const warnings = listWarnings(profile, known);
    return known.map(({ server: name, known: { lists }, drift }, index) => {
      const state: ServerState = failures[index] ?? this.runningState(profile, name) ?? { kind: 'stopped' };
      const its = warnings.get(name) ?? [];
      const withheld = lists === null || drift === null ? [] : withheldBy(drift, lists.tools);
      return {
        name,
        state,
        tools: lists === null ? null : summariesOf(lists.tools),
        ...(its.length === 0 ? {} : { warnings: its }),
        ...(withheld.length === 0 ? {} : { withheld }),
      };
    });
  }

  /** Each server is started anew, asked and stopped. */
  async found(search: Search): Promise<readonly FoundReport[]> {
    const { profile } = search;
    return Promise.all(
      profile.servers.map(async (server): Promise<FoundReport> => {
        const key = listKey(server, search.settings, codexTraits, placeOf(profile, server, search.workspace));
        const id = server.kind === 'image' ? await this.host.imageId(server.image) : null;
        const answer = await this.ask({ ...search, alone: true }, server, key, id);
        const image = await imageOf(server, this.host);
        if (!answer.ok) {
          return { name: server.name, image, offers: null, failure: adviseOn(answer.problem, server, profile.id) };
        }
        // As it is kept: without what servers were given.
        const { tools, instructions } = this.host.lists.get(key).lists ?? answer.value;
        return { name: server.name, image, offers: { tools, ...(instructions === undefined ? {} : { instructions }) }, failure: null };
      }),
    );
  }

  /** How a server differs from the lock of its profile; null where there is none. */
  private async drift({ lock }: ServedProfile, server: ProfileServer, { lists }: KnownServer): Promise<readonly Drift[] | null> {
    const current = lock?.current ?? null;
    if (current === null) {
      return null;
    }
    const image = await imageOf(server, this.host);
    return serverDrift(current.servers.get(server.name), { name: server.name, image, offers: lists }, sha256);
  }

  private runningState({ origin }: ServedProfile, server: string): ServerState | undefined {
    const running = this.host.pool.all.filter(({ spec }) => isOf(origin, spec) && spec.server.name === server);
    return running.map(({ state }) => state).find(({ kind }) => kind !== 'stopped');
  }

  /** What Codex would be told; else what another client was told by a server that runs now. */
  private known({ profile, workspace }: Surroundings, server: ProfileServer, settings: GatewaySettings): KnownServer {
    const { lists, pool } = this.host;
    const place = placeOf(profile, server, workspace);
    const keys = [
      listKey(server, settings, codexTraits, place),
      ...pool.all
        .filter(({ spec }) => isOf(profile.origin, spec) && spec.server.name === server.name && spec.server.line === server.line)
        .filter(({ spec: { surroundings } }) => isDeepStrictEqual(placeOf(surroundings.profile, server, surroundings.workspace), place))
        .map(({ spec }) => spec.listKey),
    ];
    const known = keys.map((key) => lists.get(key));
    return known.find((one) => one.lists !== null) ?? (known[0] as KnownServer);
  }

  private async getToKnow(search: Search, server: ProfileServer): Promise<ServerState | null> {
    const { lists } = this.host;
    const key = listKey(server, search.settings, codexTraits, placeOf(search.profile, server, search.workspace));
    const imageId = server.kind === 'image' ? await this.host.imageId(server.image) : null;
    const known = lists.get(key);
    const isSameImage = known.imageId === null || imageId === null || known.imageId === imageId;
    if (search.startsAll !== true && known.lists !== null && isSameImage && lists.isFresh(known)) {
      return null;
    }
    const answer = await this.ask(search, server, key, imageId);
    return answer.ok ? null : { kind: 'failed', problem: adviseOn(answer.problem, server, search.profile.id) };
  }

  private async ask(search: Search, server: ProfileServer, key: string, imageId: string | null): Promise<Result<ServerLists>> {
    const { pool } = this.host;
    const { profile, workspace, settings } = search;
    const user: InstanceUser = {
      id: `discovery-${++this.count}`,
      // There is nobody to ask.
      ask: (instance, { id, method }) => instance.upstream?.respond(id, 'error', notOffered(method)),
      hear: () => undefined,
      step: () => undefined,
      lost: () => undefined,
    };
    const spec = {
      // A copy of its own, that nobody else waits for.
      key: instanceKey(
        server,
        settings,
        codexTraits,
        search.alone === true || server.share !== 'user' ? user.id : '',
        placeOf(profile, server, workspace),
      ),
      listKey: key,
      server,
      profile: profile.id,
      surroundings: { profile, workspace },
      sharing: server.share,
      capabilities: codexTraits.capabilities,
      idleTimeoutMs: server.idleTimeoutMs ?? settings.idleTimeoutMs ?? defaultIdleMs,
    };
    await pool.renewSecrets(spec);
    const instance = pool.attach(spec, imageId, settings, user);
    try {
      return await pool.ask(instance);
    } finally {
      await pool.detach(instance, user, true);
    }
  }
}
