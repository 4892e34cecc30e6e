import type { RemoteServer } from '../../core/profile/profile.ts';
import type { LoginMethods, ProfileSelection } from '../../shared/controlProtocol.ts';
import { ok, type Result } from '../../shared/result.ts';
import { isProfileSelection } from '../hello.ts';
import { isClientChoice } from './clientChoice.ts';
import type { Logins } from './logins.ts';

export interface LoginControlHost {
  readonly logins: Logins;
  /** A remote server of a profile that its user allowed, by its name or its address. */
  readonly remoteServer: (profile: ProfileSelection, cwd: string, server: string) => Promise<Result<RemoteServer>>;
}

type LoginHandlers = {
  readonly [Name in keyof LoginMethods]: (params: LoginMethods[Name]['params']) => Promise<Result<LoginMethods[Name]['result']>>;
};

/** Answers what the command line and the extension ask about logins. */
export function loginHandlers({ logins, remoteServer }: LoginControlHost): LoginHandlers {
  return {
    'oauth/list': async () => {
      const found = await logins.list();
      return found.ok ? ok({ logins: found.value }) : found;
    },
    'oauth/begin': async ({ profile, cwd, server, scopes, client }) => {
      const found = await remoteServer(profile, cwd, server);
      return found.ok ? logins.begin({ server: found.value, scopes, client }) : found;
    },
    'oauth/wait': ({ login }) => logins.wait(login),
    'oauth/cancel': ({ login }) => {
      logins.cancel(login);
      return Promise.resolve(ok({}));
    },
    'oauth/revoke': async ({ server }) => {
      const revoked = await logins.revoke(server);
      return revoked.ok ? ok({ revoked: revoked.value }) : revoked;
    },
  };
}

/** What comes over the socket may be anything. Undefined for a method of somebody else. */
export function areSoundLoginParams(method: string, params: Readonly<Record<string, unknown>>): boolean | undefined {
  const { profile, cwd, server, scopes, login, client } = params;
  switch (method) {
    case 'oauth/list':
      return true;
    case 'oauth/begin': {
      const areScopes = Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string');
      const isSound = isProfileSelection(profile) && typeof cwd === 'string' && typeof server === 'string';
      return isSound && areScopes && (client === undefined || isClientChoice(client));
    }
    case 'oauth/wait':
    case 'oauth/cancel':
      return typeof login === 'string';
    case 'oauth/revoke':
      return typeof server === 'string';
    default:
      return undefined;
  }
}
