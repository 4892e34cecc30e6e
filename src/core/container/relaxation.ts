import type { Relaxation } from '../../shared/relaxation.ts';
import type { Isolation } from '../profile/profile.ts';
import * as wish from './relaxationWords.ts';
import { isRoot } from './user.ts';

/** What a start, or a call, left behind that failed. */
export interface Failure {
  /** The last output of the server, or the text of a tool's error. */
  readonly output: string;
  /** What the server has already. */
  readonly isolation: Isolation;
}

/** How much before a line belongs to it: a stack trace, or the words of an earlier step. */
const linesOfContext = 8;
/** Characters of a line that are looked at: the output is a stranger's. */
const longestLine = 4_000;
const mostLines = 200;

/**
 * The one least relaxation that lets a server get past where it failed; null where its last words name none. The decisive
 * words come last in the output of shells, and in front of a trace of the stack in that of programs, so lines are read from
 * the end. What the server has already is not proposed again, but the next wider.
 */
export function proposeRelaxation({ output, isolation }: Failure): Relaxation | null {
  const lines = output
    .split(/\r?\n|\\n/)
    .map((line) => line.slice(0, longestLine))
    .slice(-mostLines);
  for (let at = lines.length - 1; at >= 0; at--) {
    const context = lines.slice(Math.max(0, at - linesOfContext), at + linesOfContext).join('\n');
    const proposal = proposeFor(lines[at] ?? '', context, isolation);
    if (proposal !== undefined) {
      return proposal;
    }
  }
  return null;
}

/** Undefined where a line says nothing that a relaxation helps against. */
function proposeFor(line: string, context: string, isolation: Isolation): Relaxation | undefined {
  if (/\bEROFS\b|read-only file system|attempt to write a readonly database|unable to open database file/i.test(line)) {
    return writableFolder(pathIn(line), /mkdir|makedirs|chown|chmod|director/i.test(context), isolation);
  }
  // Node looks for the folder that it could not make, and tells of that.
  const unmade = /\bENOENT\b[^\n]*\bmkdir '([^']+)'/.exec(line)?.[1];
  if (unmade !== undefined) {
    return writableFolder(unmade, true, isolation);
  }
  if (/\/dev\/shm|shared memory/i.test(line) && /no space left|ENOSPC|could not resize|bus error|out of/i.test(line)) {
    return moreSharedMemory(isolation);
  }
  return /\bEPERM\b|\bEACCES\b|operation not permitted|permission denied|not allowed/i.test(line) ? permission(line, isolation) : undefined;
}

function permission(line: string, isolation: Isolation): Relaxation | undefined {
  const path = pathIn(line);
  const folder = path === undefined ? undefined : isolation.tmpfs.find((one) => path === one || path.startsWith(`${one}/`));
  const isRun = /exec|spawn|failed to map segment|cannot execute|permission denied$/i.test(line.trim());
  if (folder !== undefined && isRun && !isolation.exec.includes(folder)) {
    return wish.exec(folder);
  }
  const wanted = capabilityFor(line);
  const isAlreadyRoot = isolation.user !== null && isRoot(isolation.user);
  if (!isAlreadyRoot) {
    return wanted === undefined && path === undefined && !/operation not permitted|EPERM/i.test(line) ? undefined : wish.root();
  }
  const capability = wanted ?? (/EACCES|permission denied/i.test(line) ? 'DAC_OVERRIDE' : undefined);
  return capability === undefined || isolation.capAdd.includes(capability) ? undefined : wish.capability(capability);
}

/** The first that matches: a program that changes its user changes its groups first. */
const capabilityWords: readonly (readonly [RegExp, string])[] = [
  [/\b(?:init|set)groups?\b|\bset(?:res|re|e)?gid\b/i, 'SETGID'],
  [/\bset(?:res|re|e)?uid\b|failed switching to|cannot (?:set|switch) user/i, 'SETUID'],
  [/\b[lf]?chown(?:at)?\b|changing (?:the )?(?:ownership|group)/i, 'CHOWN'],
  [/\bf?chmod(?:at)?\b|changing permissions|\butimes?\b/i, 'FOWNER'],
  [/\bchroot\b/i, 'SYS_CHROOT'],
  [/\bkill\b/i, 'KILL'],
];

function capabilityFor(line: string): string | undefined {
  return capabilityWords.find(([pattern]) => pattern.test(line))?.[1];
}

/** What every image needs: a folder in memory on top would hide it. */
const neededFolder = /^\/(?:etc|usr|bin|sbin|lib\w*|boot|run|var|root|home|opt|app|srv|media|mnt)?$/;
/** Where images have programs: a file that is to be written in there lies beside them. */
const programFolder = /^\/(?:usr|bin|sbin|lib\w*|opt|app|etc)(?:\/|$)|\/(?:node_modules|site-packages|dist-packages|dist|src)(?:\/|$)/;
/** The kernel's. */
const noFolder = /^\/(?:proc|sys|dev)(?:\/|$)/;

/** `isFolder`: the path is the folder itself, which is to be made or changed; else it is a file in it. */
function writableFolder(path: string | undefined, isFolder: boolean, isolation: Isolation): Relaxation | undefined {
  if (path !== undefined && noFolder.test(path)) {
    return undefined;
  }
  const folder = path === undefined || isFolder ? path?.replace(/\/+$/, '') : path.slice(0, path.lastIndexOf('/'));
  const isCovered = [...isolation.tmpfs, ...isolation.exec].some((one) => folder === one || folder?.startsWith(`${one}/`) === true);
  const isFree = folder !== undefined && !isCovered && !neededFolder.test(folder) && (isFolder || !programFolder.test(folder));
  if (isFree && /^[^\0:,]+$/.test(folder)) {
    return wish.tmpfs(folder);
  }
  return isolation.writable ? undefined : wish.writable(folder);
}

const mebibyte = 1024 ** 2;
const sizes = [256, 1024] as const;

function moreSharedMemory({ shm }: Isolation): Relaxation | undefined {
  const size = sizes.find((one) => shm === null || shm < one * mebibyte);
  return size === undefined ? undefined : wish.sharedMemory(size === 1024 ? '1g' : `${size}m`);
}

/** The last absolute path of a line that is no part of a trace of the stack. */
function pathIn(line: string): string | undefined {
  const quoted = [...line.matchAll(/['"‘`](\/[^'"’`\n]*)['"’`]/g)].at(-1)?.[1];
  const bare = [...line.matchAll(/(?<![\w/.])(\/[\w@%+=.,~/-]*[\w/])/g)].at(-1)?.[1];
  return quoted ?? bare;
}

/** The whole value of a setting with a relaxation in it. */
export function relaxedValue(isolation: Isolation, relaxation: Relaxation): string | boolean | readonly string[] {
  switch (relaxation.setting) {
    case 'tmpfs':
    case 'exec':
    case 'capAdd':
      return [...isolation[relaxation.setting], relaxation.value];
    case 'writable':
    case 'user':
    case 'shm':
      return relaxation.value;
  }
}

/** Words of a browser that cannot build its own sandbox in here. A wider container is no good answer to that. */
export function isSandboxRefusal(output: string): boolean {
  return /No usable sandbox|sandboxing failed|SUID sandbox helper|Failed to move to new namespace/i.test(output);
}
