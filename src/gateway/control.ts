import * as problems from '../core/problems.ts';
import { isImageReference } from '../core/profile/imageReference.ts';
import { JsonRpcPeer } from '../node/jsonRpcPeer.ts';
import { problemErrorCode, type ControlMethods, type ControlNotifications, type DaemonStatus } from '../shared/controlProtocol.ts';
import { errorCodes, type JsonRpcRequest } from '../shared/mcp.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { Connection } from './connection.ts';
import { dataHandlers } from './dataControl.ts';
import { describeError } from './describeError.ts';
import type { Gateway } from './gateway.ts';
import { isProfileSelection } from './hello.ts';
import { areSoundLoginParams, loginHandlers } from './oauth/control.ts';
import { areSoundSecretParams, secretHandlers } from './secrets/control.ts';
import { areTexts, supportHandlers } from './support.ts';

export interface ControlHost {
  readonly gateway: Gateway;
  status(): DaemonStatus;
  /** Stops the daemon after this answer went out. */
  stop(): void;
  /** Leaves the place to a newer daemon, and ends with the last client. */
  drain(version: string): void;
}

/** The first list that whoever follows gets. */
const mostFollowed = 1_000;

type Handlers = {
  readonly [Name in keyof ControlMethods]: (params: ControlMethods[Name]['params']) => Promise<Result<ControlMethods[Name]['result']>>;
};

/** Serves one control connection: the command line, the extension, the inspector. Returns what takes its lines. */
export function serveControl(connection: Connection, host: ControlHost): (line: Buffer) => void {
  const stopFollowing: (() => void)[] = [];
  const peer = new JsonRpcPeer((line) => connection.send(Buffer.from(host.gateway.redactGiven(line))), {
    onRequest: (message) => void answer(message),
    onJunk: () => connection.cutOff('it sent a line that is no JSON-RPC message'),
  });
  const notify = <Name extends keyof ControlNotifications>(method: Name, params: ControlNotifications[Name]): void =>
    peer.notify(method, params);
  const handlers = controlHandlers(host, () => {
    if (stopFollowing.length === 0 && !connection.socket.destroyed) {
      stopFollowing.push(
        host.gateway.calls.follow((call) => notify('call/changed', call)),
        host.gateway.followProfiles((profile) => notify('profile/changed', { profile })),
        host.gateway.secrets.onVaultChange(() => notify('secrets/changed', {})),
      );
    }
  });
  const answer = async (message: JsonRpcRequest): Promise<void> => {
    if (!Object.hasOwn(handlers, message.method)) {
      peer.respond(message.id, { error: { code: errorCodes.methodNotFound, message: `There is no method "${message.method}".` } });
      return;
    }
    const params = message.params ?? {};
    if (!areSound(message.method, params)) {
      peer.respond(message.id, {
        error: { code: errorCodes.invalidParams, message: `"${message.method}" does not take these parameters.` },
      });
      return;
    }
    const handler = handlers[message.method as keyof ControlMethods] as (params: unknown) => Promise<Result<unknown>>;
    try {
      const result = await handler(params);
      peer.respond(
        message.id,
        result.ok ? { result: result.value } : { error: { code: problemErrorCode, message: result.problem.message, data: result.problem } },
      );
    } catch (error) {
      host.gateway.log(`${message.method} failed: ${describeError(error)}`);
      peer.respond(message.id, { error: { code: errorCodes.internal, message: 'Wharf failed inside; its log has the details.' } });
    }
  };
  connection.socket.on('close', () => {
    for (const stop of stopFollowing) {
      stop();
    }
    peer.close();
  });
  return (line) => peer.receive(line);
}

/** What comes over the socket may be anything. */
function areSound(method: string, params: Readonly<Record<string, unknown>>): boolean {
  switch (method) {
    case 'profile/tools':
      return isProfileSelection(params['profile']) && typeof params['cwd'] === 'string';
    case 'profile/found':
      return isProfileSelection(params['profile']) && typeof params['cwd'] === 'string';
    case 'network/learned':
      return isProfileSelection(params['profile']) && typeof params['cwd'] === 'string' && typeof params['server'] === 'string';
    case 'image/ids':
    case 'image/digests':
      return areReferences(params['references']);
    case 'image/label':
      return areReferences([params['reference']]) && typeof params['label'] === 'string';
    case 'data/remove':
      return areTexts(params['volumes']);
    case 'support/redact':
      return areTexts(params['texts']);
    case 'support/spot':
      return areTexts([params['text']]);
    case 'daemon/replace':
      return typeof params['version'] === 'string';
    case 'calls/list':
      return typeof params['limit'] === 'number';
    case 'calls/show':
      return typeof params['id'] === 'string';
    default:
      return areSoundLoginParams(method, params) ?? areSoundSecretParams(method, params);
  }
}

const mostReferences = 500;

function areReferences(value: unknown): boolean {
  return Array.isArray(value) && value.length <= mostReferences && value.every((one) => typeof one === 'string' && isImageReference(one));
}

function controlHandlers(host: ControlHost, follow: () => void): Handlers {
  const { gateway } = host;
  return {
    ...secretHandlers(gateway.secrets),
    ...supportHandlers(gateway),
    ...dataHandlers({ locations: gateway.locations, pool: gateway.pool, engine: () => gateway.engine() }),
    'daemon/status': () => Promise.resolve(ok(host.status())),
    'daemon/stop': () => {
      setImmediate(() => host.stop());
      return Promise.resolve(ok({}));
    },
    'daemon/replace': ({ version }) => {
      setImmediate(() => host.drain(version));
      return Promise.resolve(ok({}));
    },
    'profile/tools': async ({ profile, cwd, discover }) => {
      const servers = await gateway.profileTools(profile, cwd, discover);
      return servers.ok ? ok({ servers: servers.value }) : servers;
    },
    'profile/found': async ({ profile, cwd }) => {
      const servers = await gateway.foundServers(profile, cwd);
      return servers.ok ? ok({ servers: servers.value }) : servers;
    },
    'network/learned': async ({ profile, cwd, server }) => {
      const hosts = await gateway.learnedHosts(profile, cwd, server);
      return hosts.ok ? ok({ hosts: hosts.value.map((one) => ({ ...one, lastAt: new Date(one.lastAt).toISOString() })) }) : hosts;
    },
    'image/ids': async ({ references }) => ok({ ids: await Promise.all(references.map((one) => gateway.imageId(one))) }),
    'image/label': async ({ reference, label }) => {
      const found = await (await gateway.engine()).imageLabel(reference, label);
      return ok({ found: found.ok ? { label: found.value } : null });
    },
    'image/digests': async ({ references }) => {
      const known = await Promise.all(references.map((one) => gateway.imageDigests(one)));
      return ok({ digests: known.map(([digest]) => digest ?? null) });
    },
    'calls/list': async ({ limit }) => ok({ calls: await gateway.history.list(limit) }),
    'calls/show': async ({ id }) => {
      const call = await gateway.history.show(id);
      return call === undefined ? fail(problems.callUnknown(id)) : ok(call);
    },
    'calls/follow': async () => {
      follow();
      return ok({ calls: await gateway.history.list(mostFollowed) });
    },
    ...loginHandlers({
      logins: gateway.logins,
      remoteServer: (profile, cwd, server) => gateway.remoteServer(profile, cwd, server),
    }),
  };
}
