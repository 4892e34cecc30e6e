import type { Finding } from '../../shared/findings.ts';
import type { Problem } from '../../shared/problem.ts';

/** What may go on of something that was looked at. */
export type Looked =
  /** `kept` is what stays in memory or on a disk: there every secret is masked, whatever goes on. */
  | { readonly kind: 'passed'; readonly value: Buffer; readonly kept: Buffer; readonly findings: readonly Finding[] }
  | { readonly kind: 'blocked'; readonly problem: Problem; readonly findings: readonly Finding[] };

/** Looks at what goes between one client and its servers, and takes secrets out of it. */
export interface Guard {
  /** A result or an error of a server, or what it is given. `tool` is null where it belongs to no tool. */
  look(value: Buffer, where: 'arguments' | 'result' | 'error', server: string, tool: string | null): Looked;
  /** A whole message that a client gets and that is no answer of a server: it goes on, without its secrets. */
  outgoing(message: Buffer): Buffer;
}

/** Lets everything pass: where there is no profile there is no server that could say something. */
export const openGuard: Guard = {
  look: (value) => ({ kind: 'passed', value, kept: value, findings: [] }),
  outgoing: (message) => message,
};
