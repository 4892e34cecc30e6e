import { homedir } from 'node:os';

import { containerLabels, type ContainerOwner } from '../../core/container/labels.ts';
import { containerSpec } from '../../core/container/spec.ts';
import type { ContainerEngine, PullProgress, ServerProcess } from '../../core/ports.ts';
import type { ImageServer, NativeServer, ProfileServer, RemoteServer } from '../../core/profile/profile.ts';
import { mirroredParameters, type MirroredParameter } from '../../core/tools/mirroredParameters.ts';
import * as problems from '../../core/problems.ts';
import { startChildServer } from '../../node/childServer.ts';
import type { OwnedGroups } from '../../node/ownedGroups.ts';
import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import type { McpTool } from '../../shared/mcp.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { startBuiltInServer } from '../builtInServer.ts';
import type { Channel } from '../channel.ts';
import { adaptServer } from '../eras/serverEra.ts';
import type { Authorizer } from '../oauth/authorizer.ts';
import { processChannel } from '../upstreams/processChannel.ts';

/** What servers are started with. */
export interface LaunchHost {
  /** Opens the container engine on first use. */
  engine(): Promise<ContainerEngine>;
  readonly owner: ContainerOwner;
  /** Native servers of this gateway. */
  readonly groups: OwnedGroups;
  /** What logs requests to a remote server in; absent where nobody can log in. */
  authorizerFor?(server: RemoteServer, profile: string): Authorizer;
  /** Downloads an image once, whoever waits for it, and no longer than somebody does. */
  pull(reference: string, onProgress: (progress: PullProgress) => void, givenUp: Promise<void>): Promise<Result<null>>;
}

/** What is started, for whom. */
export interface Launch {
  readonly server: ProfileServer;
  readonly profile: string;
  readonly settings: GatewaySettings;
  /** One sentence part about what takes long, such as a download. */
  onStep(step: string, progress: PullProgress | null): void;
  /** What is known of its tools, by the server's own names. */
  knownTool(name: string): McpTool | undefined;
  /** Resolves when nobody wants it any more. */
  readonly whenClosed: Promise<void>;
}

/** Starts a server of any kind and of either era, up to where it can be spoken to. */
export async function launch(what: Launch, host: LaunchHost): Promise<Result<Channel>> {
  const channel = await open(what, host);
  return channel.ok ? ok(adaptServer(channel.value)) : channel;
}

async function open(what: Launch, host: LaunchHost): Promise<Result<Channel>> {
  const { server } = what;
  switch (server.kind) {
    case 'image':
      return channelOf(await launchContainer(server, what, host));
    case 'builtIn':
      return channelOf(await startBuiltInServer(server.program));
    case 'native':
      return channelOf(await startNative(server, host.groups));
    case 'remote': {
      const { openRemoteChannel } = await import('../upstreams/remoteChannel.ts');
      const authorizer = host.authorizerFor?.(server, what.profile);
      return ok(openRemoteChannel(server, (tool) => mirroredOf(what.knownTool(tool)), { authorizer }));
    }
  }
}

function mirroredOf(tool: McpTool | undefined): readonly MirroredParameter[] {
  const mirroring = mirroredParameters(tool?.inputSchema);
  return mirroring.kind === 'sound' ? mirroring.parameters : [];
}

function channelOf(process: Result<ServerProcess>): Result<Channel> {
  return process.ok ? ok(processChannel(process.value)) : process;
}

async function launchContainer(server: ImageServer, what: Launch, host: LaunchHost): Promise<Result<ServerProcess>> {
  const engine = await host.engine();
  const labels = containerLabels(host.owner, { profile: what.profile, server: server.name });
  const spec = containerSpec(server, labels, what.settings);
  const started = await engine.start(spec);
  if (started.ok || started.problem.code !== 'WHARF_IMAGE_MISSING') {
    return started;
  }
  what.onStep(`downloading ${server.image}`, null);
  const pulled = await host.pull(server.image, (progress) => what.onStep(`downloading ${server.image}`, progress), what.whenClosed);
  return pulled.ok
    ? engine.start(spec)
    : fail(problems.imageMissing(server.image, server.name, pulled.problem.detail ?? pulled.problem.message));
}

function startNative(server: NativeServer, groups: OwnedGroups): Promise<Result<ServerProcess>> {
  const { HOME, PATH, SYSTEMROOT } = process.env;
  const own = Object.fromEntries(
    Object.entries({ HOME, PATH, SYSTEMROOT }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const { name, command, args, env, cwd } = server;
  return startChildServer({ server: name, command, args, env: { ...own, ...env }, cwd: cwd ?? homedir() }, groups);
}
