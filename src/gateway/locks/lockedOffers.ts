import { serverDrift, type Drift } from '../../core/lock/drift.ts';
import { keptNames, type KeptNames } from '../../core/lock/exposedNames.ts';
import { acceptedOffers, acceptedPromises } from '../../core/lock/narrow.ts';
import { driftProblem } from '../../core/lock/words.ts';
import * as problems from '../../core/problems.ts';
import { commandName, type ServedProfile } from '../../core/profile/grants.ts';
import type { ProfileServer } from '../../core/profile/profile.ts';
import { lockPath } from '../../node/lockFiles.ts';
import { sha256 } from '../../node/scanning.ts';
import type { Problem } from '../../shared/problem.ts';
import type { ServerLists } from '../lists/serverLists.ts';

/** A server as a session knows it. */
export interface KnownOffers {
  readonly server: ProfileServer;
  readonly lists: ServerLists | null;
  /** Why it may not run at all, as far as the lock is concerned. */
  readonly refusal: Problem | null;
}

/** Something that is not served, and why. */
export interface Withheld {
  readonly server: string;
  /** By the server's own name. */
  readonly tool: string;
  readonly problem: Problem;
  /** Id of the finding: see docs/scan.md. */
  readonly rule: 'tool-changed' | 'tool-added' | 'server-changed';
  /** What the user can do, for a model to say. */
  readonly who: string;
}

/** What the lock of a profile leaves of its servers' offers. Without a lock that is everything, and with `--frozen` nothing. */
export class LockedOffers {
  private readonly served: { readonly profile: ServedProfile };
  private readonly frozen: boolean;

  /** `served` has the profile as it is served now; `frozen`: a server that differs in anything is not served at all. */
  constructor(served: { readonly profile: ServedProfile }, frozen: boolean) {
    this.served = served;
    this.frozen = frozen;
  }

  private get profile(): ServedProfile {
    return this.served.profile;
  }

  get names(): KeptNames {
    return keptNames(this.profile.lock?.current ?? null);
  }

  narrow({ server, lists, refusal }: KnownOffers): Pick<KnownOffers, 'server' | 'lists'> {
    const lock = this.profile.lock?.current ?? null;
    if (lock === null && !this.frozen) {
      return { server, lists };
    }
    const locked = lock?.servers.get(server.name);
    if (refusal !== null || this.isLost || (this.frozen && this.drift({ server, lists }).length > 0)) {
      return { server: { ...server, promisedTools: [] }, lists: lists === null ? null : { ...nothing, capabilities: lists.capabilities } };
    }
    const promisedTools = acceptedPromises(locked, server.promisedTools);
    return { server: { ...server, promisedTools }, lists: lists === null ? null : acceptedOffers(locked, lists, sha256) };
  }

  /** With `--frozen`: why servers are not served. */
  frozenOut(known: readonly KnownOffers[]): readonly Problem[] {
    if (this.isLost) {
      return [this.lost];
    }
    return !this.frozen
      ? []
      : known.flatMap(({ server, lists, refusal }) => {
          const first = refusal ?? this.problems({ server, lists })[0];
          return first === undefined ? [] : [problems.lockFrozen(this.named, server.name, first)];
        });
  }

  /** Why a client that calls this name gets no such tool, where it is for the lock. */
  withheld(name: string, known: readonly KnownOffers[]): Withheld | undefined {
    for (const one of known) {
      const tool = this.meant(name, one);
      const why = tool === undefined ? undefined : this.whyNot(tool, one);
      if (tool !== undefined && why !== undefined) {
        const who = `who sees with "wharf profile diff ${this.named}" what changed, and decides`;
        return { server: one.server.name, tool, who, ...why };
      }
    }
    return undefined;
  }

  private whyNot(tool: string, { server, lists, refusal }: KnownOffers): Pick<Withheld, 'problem' | 'rule'> | undefined {
    if (refusal !== null) {
      return { problem: refusal, rule: 'server-changed' };
    }
    if (this.isLost) {
      return { problem: this.lost, rule: 'server-changed' };
    }
    const drift = this.drift({ server, lists });
    const its = drift.find((one) => 'tool' in one && one.tool === tool) ?? (this.frozen ? drift[0] : undefined);
    if (its === undefined) {
      return undefined;
    }
    const problem = driftProblem(its, this.named);
    return {
      problem: this.frozen ? problems.lockFrozen(this.named, server.name, problem) : problem,
      rule: rules[its.kind] ?? 'server-changed',
    };
  }

  /** The tool that a client means by a name, whether it is served or not. */
  private meant(name: string, { server, lists }: KnownOffers): string | undefined {
    const locked = this.profile.lock?.current?.servers.get(server.name)?.tools;
    const exposed = [...(locked ?? [])].find(([, tool]) => tool.exposed === name)?.[0];
    const all = [...(lists?.tools ?? server.promisedTools).map((tool) => tool.name), ...(locked?.keys() ?? [])];
    return exposed ?? all.find((tool) => [tool, `${server.name}_${tool}`, `${server.name}__${tool}`].includes(name));
  }

  private problems(known: Pick<KnownOffers, 'server' | 'lists'>): readonly Problem[] {
    return this.drift(known).map((drift) => driftProblem(drift, this.named));
  }

  private drift({ server, lists }: Pick<KnownOffers, 'server' | 'lists'>): readonly Drift[] {
    const lock = this.profile.lock?.current ?? null;
    const locked = lock?.servers.get(server.name);
    // The image is judged before the server starts, and again when it does.
    const found = { name: server.name, image: null, offers: lists };
    return lock === null ? [] : serverDrift(locked && { ...locked, image: null }, found, sha256);
  }

  /** Somebody removed the lock since the session began: who wants nothing else than what was locked does not get everything for that. */
  private get isLost(): boolean {
    return this.frozen && (this.profile.lock?.current ?? null) === null;
  }

  private get lost(): Problem {
    return problems.lockMissing(this.named, lockPath(this.profile.origin.path));
  }

  private get named(): string {
    return commandName(this.profile);
  }
}

const rules: Readonly<Partial<Record<Drift['kind'], Withheld['rule']>>> = { toolChanged: 'tool-changed', toolAdded: 'tool-added' };

const nothing = { tools: [], prompts: [], resources: [], templates: [] };
