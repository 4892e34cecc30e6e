import type { Profile } from '../../core/profile/profile.ts';
import type { Finding } from '../../shared/findings.ts';
import type { Problem } from '../../shared/problem.ts';

/** What is looked at: what a server is given, what it answers, or what it says and asks by itself. */
export type LookedAt = Extract<Finding['where'], 'arguments' | 'result' | 'error' | 'notification' | 'request'>;

/** What may go on of something that was looked at. */
export type Looked =
  /** `kept` is what stays in memory or on a disk: there every secret is masked, whatever goes on. */
  | { readonly kind: 'passed'; readonly value: Buffer; readonly kept: Buffer; readonly findings: readonly Finding[] }
  | { readonly kind: 'blocked'; readonly problem: Problem; readonly kept: Buffer; readonly findings: readonly Finding[] };

/** Looks at what goes between one client and its servers, and takes secrets out of it. */
export interface Guard {
  /** The profile is another one now. */
  serve(profile: Profile): void;
  /** Another number when more secrets are looked for than before. */
  readonly version: number;
  /** JSON that goes to a server or comes from one. `tool` is null where it belongs to no tool. */
  look(value: Buffer, where: LookedAt, server: string, tool: string | null): Looked;
  /** Part of what a server lists or reports, as its client may see it: itself where nothing is in it. */
  listed<Part extends object>(server: string, part: Part): Part;
  /** JSON without any secret, whatever the profile says: Wharf's own words, and what is kept of them. */
  masked(value: Buffer): Buffer;
}

/** Lets everything pass: where there is no profile there is no server that could say something. */
export const openGuard: Guard = {
  serve: () => undefined,
  version: 0,
  look: (value) => ({ kind: 'passed', value, kept: value, findings: [] }),
  listed: (_server, part) => part,
  masked: (value) => value,
};
