import { parseSecretReference } from '../core/secrets/reference.ts';
import { describeError } from './describeError.ts';
import type { Instance } from './instances/instance.ts';
import type { InstancePool } from './instances/pool.ts';
import type { Logins } from './oauth/logins.ts';
import { isAt, isLoginProblem } from './oauth/remoteServers.ts';
import { SecretFiles } from './secrets/secretFiles.ts';
import type { Secrets } from './secrets/secrets.ts';

interface Parts {
  readonly secrets: Secrets;
  readonly logins: Logins;
  readonly pool: InstancePool;
  readonly log: (line: string) => void;
}

/**
 * Whoever was told that a server misses a secret or a login hears of its tools once it is there, and a server that got an older
 * value starts with the new one when it is wanted next. What this returns, once started, hears of what other programs change in the
 * vault, and of files that have secrets.
 */
export function followCredentials({ secrets, logins, pool, log }: Parts): SecretFiles {
  const askAgain = (isMeant: (instance: Instance) => boolean): void => {
    for (const instance of pool.all.filter(isMeant)) {
      pool.ask(instance).catch((error: unknown) => log(describeError(error)));
    }
  };
  logins.follow((server) => askAgain((instance) => wantsLogin(instance) && isAt(instance.spec.server, server)));
  secrets.onVaultChange(() => askAgain(wantsSecret));
  secrets.onChange((secret) => {
    for (const instance of pool.all.filter((one) => uses(one, secret) && !wantsSecret(one))) {
      // What it is asked right now it may answer.
      void instance.stopAfterCalls(`its secret "${secret}" changed`);
    }
    askAgain(wantsSecret);
  });
  const files = (): readonly string[] => [secrets.vault.file, ...pool.secretFiles];
  return new SecretFiles(files, async () => {
    await pool.renewAllSecrets();
    secrets.vaultChanged();
  });
}

function wantsLogin({ state }: Instance): boolean {
  return state.kind === 'failed' && isLoginProblem(state.problem);
}

function wantsSecret({ state }: Instance): boolean {
  return state.kind === 'failed' && state.problem.code === 'WHARF_SECRET_FOR_SERVER';
}

function uses({ spec: { server } }: Instance, secret: string): boolean {
  return (server.kind === 'builtIn' ? [] : server.secrets).some(({ reference }) => {
    const parsed = parseSecretReference(reference);
    return parsed?.kind === 'vault' && parsed.name === secret;
  });
}
