import { homedir } from 'node:os';

import type { PullProgress, ServerProcess } from '../../core/ports.ts';
import { commandName } from '../../core/profile/grants.ts';
import type { NativeServer, PociServer, ProfileServer, RemoteServer } from '../../core/profile/profile.ts';
import { mirroredParameters, type MirroredParameter } from '../../core/tools/mirroredParameters.ts';
import * as problems from '../../core/problems.ts';
import { fillTemplate } from '../../core/secrets/template.ts';
import { startChildServer } from '../../node/childServer.ts';
import type { OwnedGroups } from '../../node/ownedGroups.ts';
import type { GatewaySettings } from '../../shared/gatewaySettings.ts';
import type { Problem } from '../../shared/problem.ts';
import type { McpTool } from '../../shared/mcp.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { startBuiltInServer } from '../builtInServer.ts';
import type { Channel } from '../channel.ts';
import { adaptServer } from '../eras/serverEra.ts';
import type { ServerLists } from '../lists/serverLists.ts';
import type { AuthorizationHeaders, Authorizer } from '../oauth/authorizer.ts';
import { RedactedChannel } from '../scan/redactedChannel.ts';
import { processChannel } from '../upstreams/processChannel.ts';
import { containerOfCall, type CallArguments } from '../upstreams/toolContainers.ts';
import { ToolContainersChannel, type StartCall } from '../upstreams/toolContainersChannel.ts';
import { callFolders, inTurn } from './callFolders.ts';
import type { Surroundings } from './instance.ts';
import { launchContainer, secretsFor, type ContainerHost } from './launchContainer.ts';

/** What servers are started with. */
export interface LaunchHost extends ContainerHost {
  /** Native servers of this gateway. */
  readonly groups: OwnedGroups;
  /** A server is about to start: what its entry says may stand in what it says. */
  starts?(server: ProfileServer): void;
  /** A text for people and logs, without the secrets in it. */
  redact(text: string): string;
  /** A problem without the secrets in the words of others that it quotes. */
  redactProblem(problem: Problem): Problem;
  /** What a server lists, without the values that servers were given. */
  withoutInjected(lists: ServerLists): ServerLists;
  /** What logs requests to a remote server in; absent where nobody can log in. */
  authorizerFor?(server: RemoteServer, profile: string): Authorizer;
}

/** What is started, for whom. */
export interface Launch {
  readonly server: ProfileServer;
  readonly profile: string;
  readonly surroundings: Surroundings;
  readonly settings: GatewaySettings;
  /** One sentence part about what takes long, such as a download. */
  onStep(step: string, progress: PullProgress | null): void;
  /** It starts with the secrets of this version: see `SecretValues`. */
  readonly gotSecrets: (version: string) => void;
  /** What is known of its tools, by the server's own names. */
  knownTool(name: string): McpTool | undefined;
  /** Resolves when nobody wants it any more. */
  readonly whenClosed: Promise<void>;
}

/** Starts a server of any kind and of either era, up to where it can be spoken to. */
export async function launch(what: Launch, host: LaunchHost): Promise<Result<Channel>> {
  const { name, missingConfig } = what.server;
  const refusal = await what.surroundings.profile.whyUnapproved?.(name);
  if (refusal !== undefined) {
    return fail(refusal);
  }
  if (missingConfig.length > 0) {
    return fail(problems.configMissing(name, missingConfig, commandName(what.surroundings.profile)));
  }
  host.starts?.(what.server);
  const channel = await open(what, host);
  return channel.ok ? ok(adaptServer(new RedactedChannel(channel.value, (text) => host.redact(text)))) : channel;
}

async function open(what: Launch, host: LaunchHost): Promise<Result<Channel>> {
  const { server } = what;
  switch (server.kind) {
    case 'image':
      return channelOf(await launchContainer(server, what, host));
    case 'builtIn':
      return channelOf(await startBuiltInServer(server.program));
    case 'native':
      return channelOf(await startNative(server, what, host));
    case 'poci':
      return ok(new ToolContainersChannel(server, (tool, args, isWanted) => startCall(server, { tool, args, isWanted }, what, host)));
    case 'remote': {
      const { openRemoteChannel } = await import('../upstreams/remoteChannel.ts');
      const filled = await withHeaders(server, what, host);
      if (!filled.ok) {
        return filled;
      }
      const authorizer = watched(host.authorizerFor?.(filled.value, what.profile), filled.value.name, host);
      return ok(openRemoteChannel(filled.value, (tool) => mirroredOf(what.knownTool(tool)), { authorizer }));
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

interface Call {
  readonly tool: string;
  readonly args: CallArguments;
  readonly isWanted: () => boolean;
}

/** A call is no server of its own in a lock. */
async function startCall(server: PociServer, { tool, args, isWanted }: Call, what: Launch, host: LaunchHost): ReturnType<StartCall> {
  const container = server.toolContainers.find((one) => one.tool === tool);
  const { workspace, profile } = what.surroundings;
  const { lock: _lock, ...unlocked } = profile;
  const refused = await profile.whyUnapproved?.(server.name);
  if (refused !== undefined) {
    return fail(refused);
  }
  const isLocked = (profile.lock?.current ?? null) !== null;
  if (container !== undefined && isLocked && !container.image.includes('@')) {
    // What a lock holds is the server: of its tools' images only a digest says that they are the same.
    return { refusal: `The tool "${tool}" was not run: its profile is locked, and its image ${container.image} is not named by a digest.` };
  }
  const call = container && containerOfCall(server, container, args, { home: homedir(), workspace });
  if (call === undefined || 'refusal' in call) {
    return call ?? { refusal: `There is no tool "${tool}".` };
  }
  // Its data is the server's, whichever tool is called.
  const start = (): Promise<Result<ServerProcess>> =>
    launchContainer(call.server, { ...what, surroundings: { workspace, profile: unlocked } }, host);
  return inTurn(await callFolders(call.server, server, what.surroundings), isWanted, start);
}

async function startNative(server: NativeServer, what: Launch, host: LaunchHost): Promise<Result<ServerProcess>> {
  const secrets = await secretsFor(server, what, host);
  if (!secrets.ok) {
    return secrets;
  }
  const { HOME, PATH, SYSTEMROOT } = process.env;
  const own = Object.fromEntries(
    Object.entries({ HOME, PATH, SYSTEMROOT }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const { name, command, args, env, cwd } = server;
  const all = { ...own, ...env, ...secrets.value.env };
  return startChildServer({ server: name, command, args, env: all, cwd: cwd ?? homedir() }, host.groups);
}

/** The login of a server is a secret that it was given, as the others are. */
function watched(authorizer: Authorizer | undefined, server: string, host: LaunchHost): Authorizer | undefined {
  let last: string | undefined;
  const heard = (headers: AuthorizationHeaders): AuthorizationHeaders => {
    const token = headers.authorization?.replace(/^\w+ /, '');
    if (token !== undefined && token !== last) {
      last = token;
      host.injected([{ name: `login of ${server}`, value: token }]);
    }
    return headers;
  };
  return (
    authorizer && {
      headersFor: (url) => {
        const headers = authorizer.headersFor(url);
        return headers instanceof Promise ? headers.then(heard) : heard(headers);
      },
      onUnauthorized: (refusal) => authorizer.onUnauthorized(refusal),
      admit: (endpoint) => authorizer.admit(endpoint),
      get secrets() {
        return authorizer.secrets;
      },
    }
  );
}

/** A remote server as it is called now: its secrets stand in its headers, and nowhere else. */
async function withHeaders(server: RemoteServer, what: Launch, host: LaunchHost): Promise<Result<RemoteServer>> {
  const secrets = await secretsFor(server, what, host);
  if (!secrets.ok) {
    return secrets;
  }
  const { values } = secrets.value;
  const headers = Object.entries(server.headers).map(([name, value]) => [name, fillTemplate(value, values)] as const);
  const unfit = headers.find(([, value]) => !/^[\t\x20-\x7e]*$/.test(value));
  if (unfit !== undefined) {
    return fail(problems.secretForServer(server.name, unfit[0], 'The value has a line break, or a character that headers cannot carry.'));
  }
  return ok({ ...server, headers: Object.fromEntries(headers) });
}
