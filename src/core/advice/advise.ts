import { addressedGateway } from '../codexConfig/gatewayAddress.ts';
import { startsGateway } from '../codexConfig/gatewayServer.ts';
import { stringAt, type CodexConfig, type CodexServer } from '../codexConfig/servers.ts';
import { codexServer } from '../imports/codexToml.ts';
import type { IsSecretText } from '../imports/values.ts';
import { lookAt } from './look.ts';
import { adviceRules, type Side } from './rules.ts';

/**
 * `done`: it is the gateway already. `off`: it is turned off. `keep`: leave it to Codex. `move`: into a profile. `fix`: neither, but
 * something about it is better written in another way.
 */
export type Verdict = 'done' | 'off' | Side;

export interface Reason {
  readonly rule: string;
  readonly side: Side;
  /** One sentence's end. */
  readonly words: string;
}

export interface Advice {
  readonly server: string;
  readonly verdict: Verdict;
  /** Those for the verdict first. */
  readonly reasons: readonly Reason[];
  /** What does it; null where nothing is to be done. */
  readonly command: string | null;
}

export interface AdviceContext {
  /** As it can be typed in a command. */
  readonly file: string;
  readonly home: string;
  /** The profile that servers would be moved to. */
  readonly profile: string;
  readonly isSecretText: IsSecretText;
}

/** Says of each server of a configuration of Codex whether to leave it native or to move it to a profile, and why. */
export function adviseServers({ servers }: CodexConfig, context: AdviceContext): readonly Advice[] {
  return servers.map((server) => adviseServer(server, context));
}

function adviseServer(server: CodexServer, context: AdviceContext): Advice {
  const { name } = server;
  const read = codexServer(server, context.file);
  if ('why' in read) {
    const words = `${read.why}, so Codex refuses the whole file`;
    return {
      server: name,
      verdict: 'fix',
      reasons: [{ rule: 'no-transport', side: 'fix', words }],
      command: `wharf check ${context.file}`,
    };
  }
  if (!read.isEnabled) {
    return { server: name, verdict: 'off', reasons: [], command: null };
  }
  if (startsGateway(server) || addressedGateway(server) !== undefined) {
    return { server: name, verdict: 'done', reasons: [], command: null };
  }
  const look = lookAt(read, { ...context, approval: stringAt(server.table, 'default_tools_approval_mode') });
  const spoken = adviceRules.flatMap(({ id, side, isWeak = false, why }) => {
    const words = why(look);
    return words === undefined ? [] : [{ rule: id, side, words, isWeak }];
  });
  const strong = spoken.filter(({ isWeak }) => !isWeak);
  const told = strong.some(({ side }) => side !== 'fix') ? strong : spoken;
  // A server that cannot do its work in a container is left, whatever would be better about one.
  const verdict = (['keep', 'move', 'fix'] as const).find((side) => told.some((one) => one.side === side)) ?? 'keep';
  const reasons = told.toSorted((a, b) => Number(b.side === verdict) - Number(a.side === verdict));
  return {
    server: name,
    verdict,
    reasons: reasons.map(({ rule, side, words }) => ({ rule, side, words })),
    command: commandFor(
      verdict,
      name,
      context,
      told.some(({ rule }) => rule === 'literal-secret'),
    ),
  };
}

function commandFor(verdict: Side, name: string, { file, profile }: AdviceContext, hasSecret: boolean): string | null {
  const command = `wharf client import ${typed(file)} --server ${typed(name)} --profile ${profile}`;
  // Behind the gateway it stays a program of the user, and its secret goes into the vault.
  return verdict === 'move' ? command : verdict === 'keep' && hasSecret ? `${command} --native` : null;
}

/** A word as it can be typed behind a command. */
function typed(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
