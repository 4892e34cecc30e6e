import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { definitionHash } from '../../core/lock/definition.ts';
import { changedTools } from '../../core/scan/guard/changedTools.ts';
import { makeFolder } from '../../node/makeFolder.ts';
import { sha256 } from '../../node/scanning.ts';
import type { McpTool } from '../../shared/mcp.ts';
import type { Problem } from '../../shared/problem.ts';
import type { Result } from '../../shared/result.ts';
import { readLists, type ServerLists } from './serverLists.ts';

/** What is known of a server with one configuration. */
export interface KnownServer {
  /** The image that was asked; null where there is none. */
  readonly imageId: string | null;
  /** What it said last, and when (milliseconds since 1970); null when it never answered. */
  readonly lists: ServerLists | null;
  readonly askedAt: number | null;
  /** Why it did not answer the last time, and with which image; null when it did. */
  readonly failure: { readonly problem: Problem; readonly imageId: string | null } | null;
  /** Tools that were described in another way before, by the same image, and when they changed (milliseconds since 1970). */
  readonly changes: readonly ToolChange[];
}

export interface ToolChange {
  readonly tool: string;
  readonly at: number;
}

const unknownServer: KnownServer = { imageId: null, lists: null, askedAt: null, failure: null, changes: [] };

/** Older answers are asked for again, in the background. */
const freshForMs = 24 * 3_600_000;
/** So long a changed tool is told of. */
const toldForMs = 7 * 24 * 3_600_000;
const mostChanges = 100;
const keptFiles = 500;
const keptInMemory = 200;
/** What says nothing about the server itself, but for what it lacks here: the next client waits for it as if it had never been asked. */
const circumstances: ReadonlySet<string> = new Set([
  'WHARF_SERVER_GONE',
  'WHARF_SERVERS_BUSY',
  'WHARF_DOCKER_UNREACHABLE',
  'WHARF_DOCKER_FAILED',
  'WHARF_LOGIN_NEEDED',
  'WHARF_LOGIN_NOT_REFRESHED',
  'WHARF_SECRET_FOR_SERVER',
  'WHARF_IMAGE_CHANGED',
  'WHARF_LOCK_IMAGE',
  'WHARF_LOCK_SERVER',
  'WHARF_IMAGE_REFUSED',
  'WHARF_IMAGE_UNSIGNED',
  'WHARF_IMAGE_LOCAL',
  'WHARF_POLICY_BROKEN',
  'WHARF_POLICY_UNREADABLE',
  'WHARF_MOUNT_REFUSED',
  'WHARF_MOUNT_ELSEWHERE',
  'WHARF_WORKSPACE_NOT_TRUSTED',
  'WHARF_EGRESS_FAILED',
  'WHARF_OWN_IMAGE_MISSING',
]);

/**
 * What servers offer, kept over restarts of the gateway: one small file for each configuration. What cannot be read or
 * written is simply not known, or forgotten later.
 */
export class KnownLists {
  private readonly folder: string;
  private readonly known = new Map<string, KnownServer>();
  /** By key, and the image that is asked. */
  private readonly asking = new Map<string, Map<string | null, Promise<Result<ServerLists>>>>();
  private readonly listeners = new Set<(key: string) => void>();
  private readonly redact: (json: string) => string;

  /** `redact` takes secrets out of JSON: what a server says of itself is written to disk, and shown to whoever asks. */
  constructor(dataFolder: string, redact: (json: string) => string = (json) => json) {
    this.redact = redact;
    this.folder = join(dataFolder, 'lists');
  }

  /** What is known under a key that `listKey` made. */
  get(key: string): KnownServer {
    let known = this.known.get(key);
    if (known === undefined) {
      known = this.read(key) ?? unknownServer;
      this.keep(key, known);
    }
    return known;
  }

  isFresh(known: KnownServer): boolean {
    return known.askedAt !== null && Date.now() - known.askedAt < freshForMs;
  }

  isAsking(key: string): boolean {
    return this.asking.has(key);
  }

  /** Asks a server once, whoever wants to know at the same time. What an image of before says is no answer for another one. */
  ask(key: string, imageId: string | null, ask: () => Promise<Result<ServerLists>>): Promise<Result<ServerLists>> {
    const byImage = this.asking.get(key) ?? new Map<string | null, Promise<Result<ServerLists>>>();
    let asking = byImage.get(imageId);
    if (asking === undefined) {
      asking = ask()
        .then((answer) => {
          if (answer.ok) {
            this.put(key, imageId, answer.value);
          } else if (!circumstances.has(answer.problem.code)) {
            // Without its detail, which may be the last words of the server with what it was given.
            const { detail: _detail, ...problem } = answer.problem;
            this.set(key, { ...this.get(key), failure: { problem, imageId } });
          }
          return answer;
        })
        .finally(() => {
          byImage.delete(imageId);
          if (byImage.size === 0) {
            this.asking.delete(key);
          }
        });
      byImage.set(imageId, asking);
      this.asking.set(key, byImage);
    }
    return asking;
  }

  /** Remembers what a server says now. Tells the listeners when it is something else than before. */
  put(key: string, imageId: string | null, lists: ServerLists): void {
    const changes = changesTo(this.get(key), imageId, lists.tools);
    this.set(key, { imageId, lists, askedAt: Date.now(), failure: null, changes });
  }

  /** Hears the key of every server whose lists changed. Returns a function that stops listening. */
  follow(listener: (key: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private set(key: string, said: KnownServer): void {
    const before = this.get(key);
    const json = JSON.stringify(said);
    const clean = this.redact(json);
    const next = clean === json ? said : (JSON.parse(clean) as KnownServer);
    this.keep(key, next);
    this.write(key, next);
    if (JSON.stringify(before.lists) !== JSON.stringify(next.lists)) {
      for (const listener of this.listeners) {
        listener(key);
      }
    }
  }

  /** In memory are the ones that were wanted last; the others are read again. */
  private keep(key: string, known: KnownServer): void {
    this.known.delete(key);
    this.known.set(key, known);
    const [oldest] = this.known.keys();
    if (this.known.size > keptInMemory && oldest !== undefined) {
      this.known.delete(oldest);
    }
  }

  private read(key: string): KnownServer | undefined {
    try {
      const { imageId, lists, askedAt, failure, changes } = JSON.parse(readFileSync(this.file(key), 'utf8')) as Readonly<
        Record<string, unknown>
      >;
      return {
        imageId: typeof imageId === 'string' ? imageId : null,
        lists: readLists(lists) ?? null,
        askedAt: typeof askedAt === 'number' ? askedAt : null,
        failure: readFailure(failure),
        changes: Array.isArray(changes) ? changes.filter(isChange) : [],
      };
    } catch {
      return undefined;
    }
  }

  private write(key: string, known: KnownServer): void {
    try {
      makeFolder(this.folder, 0o700);
      const temporary = this.file(`${key}.${process.pid}`);
      writeFileSync(temporary, JSON.stringify(known), { mode: 0o600 });
      renameSync(temporary, this.file(key));
      this.dropOldest();
    } catch {
      // A full disk costs the next start a little time, nothing else.
    }
  }

  private dropOldest(): void {
    const names = readdirSync(this.folder);
    if (names.length > keptFiles) {
      const aged = names.map((name) => ({ name, at: statSync(join(this.folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
      aged.sort((a, b) => a.at - b.at);
      for (const { name } of aged.slice(0, names.length - keptFiles)) {
        rmSync(join(this.folder, name), { force: true });
      }
    }
  }

  private file(key: string): string {
    return join(this.folder, `${key}.json`);
  }
}

/** What changed until now. Another image may have other tools. */
function changesTo(before: KnownServer, imageId: string | null, tools: readonly McpTool[]): readonly ToolChange[] {
  if (before.lists === null || before.imageId !== imageId) {
    return [];
  }
  const now = Date.now();
  const names = new Set(tools.map(({ name }) => name));
  // The usual case: the server says what it said before.
  const isSame = isDeepStrictEqual(before.lists.tools, tools);
  const changed = isSame ? [] : changedBetween(before.lists.tools, tools);
  const fresh = new Set(changed.map(({ tool }) => tool));
  const older = before.changes.filter(({ tool, at }) => names.has(tool) && !fresh.has(tool) && now - at < toldForMs);
  return [...older, ...changed.map(({ tool }) => ({ tool, at: now }))].slice(-mostChanges);
}

function changedBetween(before: readonly McpTool[], tools: readonly McpTool[]): ReturnType<typeof changedTools> {
  const known = new Map(before.map((tool) => [tool.name, definitionHash(tool, sha256)]));
  return changedTools(known, tools, sha256).filter(({ change }) => change === 'changed');
}

function isChange(value: unknown): value is ToolChange {
  const { tool, at } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof tool === 'string' && typeof at === 'number' && Date.now() - at < toldForMs;
}

function readFailure(value: unknown): KnownServer['failure'] {
  const { problem, imageId } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return isProblem(problem) ? { problem, imageId: typeof imageId === 'string' ? imageId : null } : null;
}

function isProblem(value: unknown): value is Problem {
  const { code, message, next } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof code === 'string' && typeof message === 'string' && typeof next === 'string';
}
