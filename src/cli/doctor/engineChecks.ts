import * as problems from '../../core/problems.ts';
import type { ControlMethods, DaemonStatus, VaultStatus } from '../../shared/controlProtocol.ts';
import type { Problem } from '../../shared/problem.ts';
import type { Result } from '../../shared/result.ts';
import { fails, fine, skips, warns, type Outcome } from './check.ts';

export const withoutDaemon = 'the daemon does not answer';

/** Whether Wharf's own files are whole, and run here. */
export function programsOutcome(facts: {
  readonly version: string;
  readonly runtime: string;
  readonly folder: string;
  readonly missing: readonly string[];
  /** Why the runtime cannot run the daemon. */
  readonly unfit: Problem | undefined;
}): Outcome {
  if (facts.missing.length > 0) {
    return fails(problems.programMissing(facts.folder, facts.missing));
  }
  return facts.unfit === undefined ? fine(`Wharf ${facts.version} on ${facts.runtime}`) : fails(facts.unfit);
}

export function daemonOutcome(status: Result<DaemonStatus>, hasRun: boolean, ownVersion: string): Outcome {
  if (!status.ok) {
    return fails(status.problem);
  }
  const { version, pid, sessions, instances } = status.value;
  const how = hasRun ? 'runs' : 'starts';
  // A newer daemon serves older programs.
  const other = version === ownVersion ? '' : `, which is not this one's ${ownVersion}`;
  return fine(
    `it ${how}: version ${version}${other}, process ${pid}, ${counted(sessions.length, 'client')}, ${counted(instances.length, 'server')}`,
  );
}

/** `facts` is null where no daemon could be asked. `source` says where a remembered address comes from. */
export function dockerOutcome(facts: Result<ControlMethods['engine/facts']['result']> | null, source: string | null): Outcome {
  if (facts === null) {
    return skips(withoutDaemon);
  }
  if (!facts.ok) {
    const { problem } = facts;
    return fails(source === null ? problem : { ...problem, next: `${problem.next} ${source}` });
  }
  const { version, apiVersion, endpoint } = facts.value;
  return fine(`version ${version}, API ${apiVersion}, at ${shownEndpoint(endpoint)}`);
}

/** The address of another computer is its user's own matter. */
export function shownEndpoint(endpoint: string): string {
  return /^(?:unix|npipe):/.test(endpoint) ? endpoint : `${/^(\w+):\/\//.exec(endpoint)?.[1] ?? 'tcp'}://…`;
}

/** `status` is null where no daemon could be asked. */
/** `canBeMade`: whether something here can keep the key of a vault that is not there yet. */
export function vaultOutcome(status: Result<VaultStatus> | null, canBeMade: Result<unknown>): Outcome {
  if (status === null) {
    return skips(withoutDaemon);
  }
  if (!status.ok) {
    return fails(status.problem);
  }
  const vault = status.value;
  switch (vault.kind) {
    case 'none':
      return canBeMade.ok ? fine('there is none yet; it is made with the first secret') : warns(canBeMade.problem);
    case 'open':
      return fine(`it is open; its key is kept by ${keeperWords[vault.keeper]}`);
    case 'locked':
      return vault.opensItself
        ? fine(`it opens by itself; its key is kept by ${keeperWords[vault.keeper]}`)
        : warns(problems.vaultLocked(keeperWords[vault.keeper]));
  }
}

const keeperWords = {
  helper: 'a credential helper',
  keyring: 'the keyring',
  passphrase: 'a passphrase',
  keyFile: 'a key file',
} as const satisfies Record<Extract<VaultStatus, { kind: 'open' }>['keeper'], string>;

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
