import { isDeepStrictEqual } from 'node:util';

import { adviseOn } from '../core/container/advice.ts';
import type { ProfileOrigin, ServedProfile } from '../core/profile/grants.ts';
import type { Profile, ProfileServer } from '../core/profile/profile.ts';
import { offeredCount, unknownChoices } from '../core/tools/toolChoice.ts';
import type { GatewaySettings } from '../shared/gatewaySettings.ts';
import type { Result } from '../shared/result.ts';
import type { ServerReport, ServerState } from '../shared/servers.ts';
import { codexTraits, instanceKey, listKey, placeOf } from './instances/identity.ts';
import type { InstanceSpec, InstanceUser, Surroundings } from './instances/instance.ts';
import { defaultIdleMs } from './instances/pool.ts';
import type { KnownServer } from './lists/knownLists.ts';
import type { ServerLists } from './lists/serverLists.ts';
import { summariesOf } from './lists/summaries.ts';
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
  return { ...report, offered: offeredCount(tools, undefined), ...(warnings.length === 0 ? {} : { warnings }) };
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
    const known = profile.servers.map((server) => ({ server: server.name, known: this.known(where, server, discover?.settings ?? {}) }));
    const warnings = listWarnings(profile, known);
    return known.map(({ server: name, known: { lists } }, index) => {
      const state: ServerState = failures[index] ?? this.runningState(profile, name) ?? { kind: 'stopped' };
      const its = warnings.get(name) ?? [];
      return { name, state, tools: lists === null ? null : summariesOf(lists.tools), ...(its.length === 0 ? {} : { warnings: its }) };
    });
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
      key: instanceKey(server, settings, codexTraits, server.share === 'user' ? '' : user.id, placeOf(profile, server, workspace)),
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
