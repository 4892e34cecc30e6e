import { lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

import { guardedParts, isBelow, whyNotAt, whyNotFrom, whyNotToChange, type MountPlaces } from '../core/container/mounts.ts';
import type { ContainerSpec } from '../core/container/spec.ts';
import type { Mount } from '../core/profile/profile.ts';
import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';

export interface MountContext {
  readonly server: string;
  /** The caller's project, where the user trusts it. */
  readonly workspace: string | null;
  readonly home: string;
  /** Whether the engine's paths are this computer's. */
  readonly isEngineLocal: boolean;
  /** Wharf's own folders, the engine's socket, and whatever else no server may reach. */
  readonly closed: readonly string[];
}

type ReadyMount = ContainerSpec['mounts'][number];

const workspaceWord = '${workspace}';

/**
 * Turns the mounts that a user granted into what the engine mounts. A path is followed through all its links first, and what it
 * leads to is judged and mounted. A link may not lead elsewhere than where the user's own words say: out of the project for
 * `${workspace}`, and anywhere for other paths, since a repository could have made it. Sockets, pipes, devices and files with a
 * second name are refused. What changes between this check and the start of the container, by a program with the user's rights,
 * is not seen.
 */
export async function checkMounts(mounts: readonly Mount[], context: MountContext): Promise<Result<readonly ReadyMount[]>> {
  if (mounts.length > 0 && !context.isEngineLocal) {
    return fail(problems.mountElsewhere(context.server));
  }
  const places = await realPlaces(context);
  const ready: ReadyMount[] = [];
  for (const mount of mounts) {
    const refusal =
      whyNotAt(mount.target) ?? (ready.some(({ target }) => target === mount.target) ? 'its target is there twice' : undefined);
    const source = refusal === undefined ? await checkSource(mount, context, places) : { why: refusal };
    if ('why' in source) {
      return fail(problems.mountRefused(context.server, mount.source, source.why));
    }
    const { target, readOnly } = mount;
    const kept = readOnly ? { guards: [] } : await guards(source.path, target, mounts);
    if ('why' in kept) {
      return fail(problems.mountRefused(context.server, mount.source, kept.why));
    }
    ready.push({ source: source.path, target, readOnly }, ...kept.guards);
  }
  return ok(ready);
}

/** Whether a source lies in the caller's project. */
function isOfWorkspace(source: string): boolean {
  return source === workspaceWord || source.startsWith(`${workspaceWord}/`);
}

async function realPlaces({ home, closed }: MountContext): Promise<MountPlaces> {
  return { home: await realOrSelf(home), closed: await Promise.all(closed.map(realOrSelf)) };
}

async function checkSource(
  { source, readOnly }: Mount,
  { home, workspace }: MountContext,
  places: MountPlaces,
): Promise<{ readonly path: string } | { readonly why: string }> {
  const isProject = isOfWorkspace(source);
  if (isProject && workspace === null) {
    return { why: 'nobody here has a project that is trusted' };
  }
  const root = isProject ? await realOrSelf(workspace ?? '') : source === '~' || source.startsWith('~/') ? places.home : null;
  const rest = isProject ? source.slice(workspaceWord.length) : root === null ? source : source.slice(1);
  const said = root === null ? resolve(rest) : resolve(join(root, rest));
  if ((root === null && !isAbsolute(source)) || (isProject && said !== root && !isBelow(said, root ?? ''))) {
    return { why: 'it is no absolute path, and none below "~/" or "${workspace}"' };
  }
  const path = await realpath(said).catch(() => undefined);
  if (path === undefined) {
    return { why: `there is no ${said}` };
  }
  // The home folder itself may be reached through a link, as the system has it.
  const plainPath = root === null && isBelow(said, home) ? join(places.home, said.slice(home.length)) : said;
  if (isProject ? path !== root && !isBelow(path, root ?? '') : path !== plainPath) {
    return { why: `it leads through a link to ${path}; name that path itself if it is meant` };
  }
  const why = whyNotFrom(path, places) ?? (readOnly ? undefined : whyNotToChange(path)) ?? (await whyNotKind(path));
  return why === undefined ? { path } : { why };
}

async function whyNotKind(path: string): Promise<string | undefined> {
  const facts = await stat(path);
  if (!facts.isDirectory() && !facts.isFile()) {
    return `it is a ${facts.isSocket() ? 'socket' : facts.isFIFO() ? 'pipe' : 'device'}, and only folders and files are mounted`;
  }
  return facts.isFile() && facts.nlink > 1 ? 'the file has a second name somewhere, so it may be another than it seems' : undefined;
}

/**
 * Read-only mounts over those parts of a folder that programs outside would run: a mount point can be neither renamed nor
 * removed. What is absent is made, empty and as the user: the engine would make it as root. But for `.git`: an empty one would
 * keep nobody from making a repository. A part that a mount of the user's own covers is left to that.
 */
async function guards(
  source: string,
  target: string,
  wanted: readonly Mount[],
): Promise<{ readonly guards: readonly ReadyMount[] } | { readonly why: string }> {
  const isInPart = source.split('/').some((name) => guardedParts.some((part) => part === name));
  if (isInPart || !(await stat(source)).isDirectory()) {
    return { guards: [] };
  }
  const found: ReadyMount[] = [];
  for (const part of guardedParts) {
    const guard = { source: join(source, part), target: `${target}/${part}`, readOnly: true };
    if (wanted.some((other) => other.target === guard.target)) {
      continue;
    }
    if (part !== '.git') {
      await mkdir(guard.source).catch(() => undefined);
    }
    const facts = await lstat(guard.source).catch(() => undefined);
    if (facts?.isDirectory() === true || facts?.isFile() === true) {
      found.push(guard);
    } else if (facts !== undefined || part !== '.git') {
      return {
        why: `its "${part}" ${facts === undefined ? 'cannot be made' : 'is a link'}, so it cannot be kept from a server that may write`,
      };
    }
  }
  return { guards: found };
}

function realOrSelf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
