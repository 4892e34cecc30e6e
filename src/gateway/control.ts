import type { Socket } from 'node:net';

import { problems } from '../core/problems.ts';
import { JsonRpcPeer } from '../node/jsonRpcPeer.ts';
import { LineFramer } from '../node/lines.ts';
import { problemErrorCode, type ControlMethods, type ControlNotifications, type DaemonStatus } from '../shared/controlProtocol.ts';
import { errorCodes, type JsonRpcRequest } from '../shared/mcp.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { Gateway } from './gateway.ts';

export interface ControlHost {
  readonly gateway: Gateway;
  status(): DaemonStatus;
  /** Stops the daemon after this answer went out. */
  stop(): void;
}

type Handlers = { readonly [Name in keyof ControlMethods]: (params: ControlMethods[Name]['params']) => Promise<Result<ControlMethods[Name]['result']>> };

/** Serves one control connection: the command line, the extension, the inspector. `rest` is what came with the hello. */
export function serveControl(socket: Socket, host: ControlHost): { receive(chunk: Buffer): void } {
  const stopFollowing: (() => void)[] = [];
  const peer = new JsonRpcPeer((line) => socket.write(`${line}\n`), {
    onRequest: (message) => void answer(message),
    onJunk: () => socket.destroy(),
  });
  const notify = <Name extends keyof ControlNotifications>(method: Name, params: ControlNotifications[Name]): void => peer.notify(method, params);
  const handlers = controlHandlers(host, () => {
    stopFollowing.push(
      host.gateway.calls.follow((call) => notify('call/changed', call)),
      host.gateway.known.follow((profile) => notify('profile/changed', { profile })),
    );
  });
  const answer = async (message: JsonRpcRequest): Promise<void> => {
    if (!Object.hasOwn(handlers, message.method)) {
      peer.respond(message.id, { error: { code: errorCodes.methodNotFound, message: `There is no method "${message.method}".` } });
      return;
    }
    const handler = handlers[message.method as keyof ControlMethods] as (params: unknown) => Promise<Result<unknown>>;
    const result = await handler(message.params ?? {});
    peer.respond(
      message.id,
      result.ok ? { result: result.value } : { error: { code: problemErrorCode, message: result.problem.message, data: result.problem } },
    );
  };
  socket.on('close', () => {
    for (const stop of stopFollowing) {
      stop();
    }
    peer.close();
  });
  const framer = new LineFramer((line) => peer.receive(line));
  return { receive: (chunk) => framer.push(chunk) };
}

function controlHandlers(host: ControlHost, follow: () => void): Handlers {
  const { gateway } = host;
  return {
    'daemon/status': () => Promise.resolve(ok(host.status())),
    'daemon/stop': () => {
      setImmediate(() => host.stop());
      return Promise.resolve(ok({}));
    },
    'profile/tools': async ({ profile, cwd, discover }) => {
      const servers = await gateway.profileTools(profile, cwd, discover);
      return servers.ok ? ok({ servers: servers.value }) : servers;
    },
    'calls/list': ({ limit }) => Promise.resolve(ok({ calls: gateway.calls.list(limit) })),
    'calls/show': ({ id }) => {
      const call = gateway.calls.show(id);
      return Promise.resolve(call === undefined ? fail(problems.callUnknown(id)) : ok(call));
    },
    'calls/follow': () => {
      follow();
      return Promise.resolve(ok({ calls: gateway.calls.list(Number.MAX_SAFE_INTEGER) }));
    },
  };
}
