import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllowedHost } from '../../core/network/allowedHost.ts';
import type { Contact } from '../../core/network/contact.ts';
import { makeFolder } from '../../node/makeFolder.ts';

/** A host that a server reached, or only asked for. */
export interface LearnedHost {
  readonly host: string;
  /** Null where it only asked for the name: on another port than those of the web, it needs `declared`. */
  readonly port: number | null;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
}

export interface LearnedServer {
  readonly profile: string;
  readonly server: string;
  readonly hosts: readonly LearnedHost[];
}

const mostHosts = 500;
const writePauseMs = 1_000;

/**
 * The hosts that servers with `network: learn` reached, kept over restarts: one small file for each server of a profile. What
 * cannot be read or written is not known. Names are a server's own words until they are pinned.
 */
export class LearnedHosts {
  private readonly folder: string;
  private readonly known = new Map<string, LearnedServer>();
  private readonly changed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(dataFolder: string) {
    this.folder = join(dataFolder, 'learned-hosts');
  }

  /** `profile` is the path of its file: two projects may have profiles of one id. Gives whether the host is new. */
  record(profile: string, server: string, { host, port, outcome }: Contact): boolean {
    if ((outcome !== 'opened' && outcome !== 'asked') || parseAllowedHost(`${host}:${port ?? 1}`) === undefined) {
      return false;
    }
    const hosts = this.hosts(profile, server);
    const before = hosts.find((each) => each.host === host && each.port === port);
    const now: LearnedHost = { host, port, count: (before?.count ?? 0) + 1, lastAt: Date.now() };
    const next = [now, ...hosts.filter((each) => each !== before)].slice(0, mostHosts);
    const file = fileOf(profile, server);
    this.known.set(file, { profile, server, hosts: next });
    this.changed.add(file);
    this.timer ??= setTimeout(() => this.flush(), writePauseMs).unref();
    return before === undefined;
  }

  /** The last one first. */
  hosts(profile: string, server: string): readonly LearnedHost[] {
    const file = fileOf(profile, server);
    const known = this.known.get(file) ?? this.read(file);
    return known?.profile === profile && known.server === server ? known.hosts : [];
  }

  /** Every server of which something is known. */
  all(): readonly LearnedServer[] {
    this.flush();
    try {
      return readdirSync(this.folder).flatMap((file) => (file.endsWith('.json') ? (this.read(file) ?? []) : []));
    } catch {
      return [];
    }
  }

  /** After they were pinned, or when nobody wants them any more. */
  forget(profile: string, server: string): void {
    const file = fileOf(profile, server);
    this.known.delete(file);
    this.changed.delete(file);
    rmSync(join(this.folder, file), { force: true });
  }

  /** Writes what is not written yet; to be called before the end. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const file of this.changed) {
      const learned = this.known.get(file);
      if (learned !== undefined) {
        this.write(file, learned);
      }
    }
    this.changed.clear();
  }

  /** Another gateway may have written meanwhile: what it knows more is kept. */
  private write(file: string, learned: LearnedServer): void {
    const others = (this.read(file)?.hosts ?? []).filter(
      (theirs) => !learned.hosts.some(({ host, port }) => host === theirs.host && port === theirs.port),
    );
    const merged = { ...learned, hosts: [...learned.hosts, ...others].slice(0, mostHosts) };
    this.known.set(file, merged);
    const scratch = join(this.folder, `${file}.${randomUUID()}.tmp`);
    try {
      makeFolder(this.folder, 0o700);
      writeFileSync(scratch, JSON.stringify({ version: 1, ...merged }), { mode: 0o600 });
      renameSync(scratch, join(this.folder, file));
    } catch {
      rmSync(scratch, { force: true });
    }
  }

  private read(file: string): LearnedServer | undefined {
    try {
      const { version, profile, server, hosts } = JSON.parse(readFileSync(join(this.folder, file), 'utf8')) as Partial<LearnedServer> & {
        readonly version?: number;
      };
      return version === 1 && profile !== undefined && server !== undefined && Array.isArray(hosts)
        ? { profile, server, hosts: hosts.filter(isLearnedHost) }
        : undefined;
    } catch {
      return undefined;
    }
  }
}

function isLearnedHost(value: unknown): value is LearnedHost {
  const { host, port, count, lastAt } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return (
    typeof host === 'string' &&
    (port === null || typeof port === 'number') &&
    typeof count === 'number' &&
    typeof lastAt === 'number' &&
    parseAllowedHost(`${host}:${port ?? 1}`) !== undefined
  );
}

function fileOf(profile: string, server: string): string {
  return `${createHash('sha256').update(`${profile}\0${server}`).digest('hex').slice(0, 40)}.json`;
}
