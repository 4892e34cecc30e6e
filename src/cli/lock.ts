import { driftOf, type Drift } from '../core/lock/drift.ts';
import { driftLines } from '../core/lock/driftLines.ts';
import type { ProfileLock } from '../core/lock/lock.ts';
import { makeLock } from '../core/lock/makeLock.ts';
import { driftProblem } from '../core/lock/words.ts';
import { writeLock } from '../core/lock/writeLock.ts';
import type { Profile } from '../core/profile/profile.ts';
import * as problems from '../core/problems.ts';
import { utf8Bytes } from '../core/scan/bytes.ts';
import { hiddenTextFindings } from '../core/scan/guard/findings.ts';
import { withoutSecrets } from '../core/scan/withoutSecrets.ts';
import { readLockFile, writeLockFile, type LockFile } from '../node/lockFiles.ts';
import type { Locations } from '../node/locations.ts';
import { findProfile, type ProfileFile } from '../node/profileFiles.ts';
import { nodeScanner, sha256 } from '../node/scanning.ts';
import type { ControlMethods } from '../shared/controlProtocol.ts';
import { describeProblem, type Problem } from '../shared/problem.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { allowedChange } from './allowedChange.ts';
import { ask } from './ask.ts';
import { askOnce } from './context.ts';
import type { Format } from './options.ts';
import { complain, exitCodes, note, print, printFile, printJson } from './output.ts';
import { selectionOf } from './profileSelection.ts';

type Found = ControlMethods['profile/found']['result']['servers'];

/** A profile, what was accepted of it, and what its servers are now. */
interface Looked {
  readonly file: ProfileFile;
  readonly profile: Profile;
  readonly lock: LockFile;
  readonly found: Found;
  /** As a command takes it. */
  readonly named: string;
}

/** Servers are started for it: an answer may take as long as a download. */
async function look(locations: Locations, given: string, needsLock: boolean): Promise<Result<Looked>> {
  const profile = selectionOf(given);
  const file = await findProfile(locations, profile, process.cwd());
  if (!file.ok || !file.value.profile.ok) {
    return file.ok && !file.value.profile.ok ? file.value.profile : (file as Result<never>);
  }
  const { path, scope, id, isPulled } = file.value;
  if (!file.value.allowed) {
    return fail(problems.profileNotAllowed(path, id, isPulled, scope === 'user'));
  }
  const lock = await readLockFile(path);
  if (!lock.ok) {
    return lock;
  }
  const named = scope === 'user' ? id : given;
  if (needsLock && lock.value.lock === null) {
    return fail(problems.lockMissing(named, lock.value.file.path));
  }
  note('Asking its servers for their tools …');
  const answer = await askOnce(locations, 'profile/found', { profile, cwd: process.cwd() });
  return answer.ok
    ? ok({ file: file.value, profile: file.value.profile.value, lock: lock.value, found: answer.value.servers, named })
    : answer;
}

export interface LockRequest {
  /** As the person named the profile. */
  readonly given: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** Accepts the images and tools that the servers of a profile have now. What differs from the accepted ones is shown first. */
export async function lockProfile(locations: Locations, { given, yes, dryRun }: LockRequest): Promise<number> {
  const looked = await look(locations, given, false);
  if (!looked.ok) {
    return complain(looked.problem);
  }
  const { file, lock, found } = looked.value;
  const unknown = unknownOf(looked.value);
  unknown.forEach((problem) => note(`wharf: ${describeProblem(problem)}`));
  sayHidden(looked.value);
  const next = lockOf(looked.value);
  const text = writeLock(next, file.id);
  const drift = lock.lock === null ? [] : driftOf(lock.lock, found, sha256);
  show(drift);
  if (dryRun) {
    if (lock.lock === null) {
      printFile(text);
    }
    print('Nothing was written.');
    return unknown.length === 0 ? exitCodes.ok : exitCodes.failed;
  }
  // What is there first is accepted by the command itself; what changed since, by a person who saw it: a model has a shell too.
  if (drift.length > 0 && !yes && !process.stdin.isTTY) {
    return complain(problems.lockConsent(looked.value.named));
  }
  if (drift.length > 0 && !yes && !(await ask('Accept this?'))) {
    print('Nothing was written.');
    return exitCodes.problems;
  }
  if (text === lock.file.text) {
    print(`${lock.file.path} says this already.`);
  } else {
    const written = await writeLockFile(locations, file, lock, text);
    if (!written.ok) {
      return complain(written.problem);
    }
    lines(next).forEach(print);
    print(`Wrote ${lock.file.path}.${file.scope === 'project' ? ' Commit it with the profile.' : ''}`);
  }
  return unknown.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function lockOf({ profile, found, lock }: Looked): ProfileLock {
  const scanner = nodeScanner();
  const isClean = (text: string): boolean => scanner.scanText(utf8Bytes(text)).length === 0;
  return makeLock({ profile, found, before: lock.lock, sha256, isClean });
}

/** A server may say a secret, which does not belong into the log of a build either. */
function show(drift: readonly Drift[]): void {
  const scanner = nodeScanner();
  const clean = (text: string): string => withoutSecrets(text, scanner);
  drift.flatMap((one) => driftLines(one, clean)).forEach((line) => print(clean(line)));
}

/** What is accepted from now on, in a line for each server. */
function lines({ servers }: ProfileLock): readonly string[] {
  return [...servers].map(([name, { image, tools }]) => {
    const words = image === null ? '' : `, ${image.reference} as ${image.content.kind} ${image.content.sha256.slice(0, 19)}…`;
    return `  ${name}: ${tools.size} ${tools.size === 1 ? 'tool' : 'tools'}${words}`;
  });
}

function unknownOf({ found, named }: Looked): readonly Problem[] {
  return found.flatMap(({ name, offers, failure }) => (offers === null ? [problems.lockUnknown(named, name, failure ?? undefined)] : []));
}

/** Who accepts a tool should know of what cannot be seen in it. */
function sayHidden({ found, named }: Looked): void {
  for (const { name, offers } of found) {
    for (const tool of offers?.tools ?? []) {
      const [one] = hiddenTextFindings(tool, 'list');
      if (one !== undefined) {
        const problem = problems.hiddenText(named, name, `tool "${tool.name}"`, `${one.title}, ${one.preview} at ${one.pointer}`);
        note(`wharf: ${describeProblem(problem)}`);
      }
    }
  }
}

/** 0 where everything is as it was accepted, 1 where something differs, 2 where that is not known. */
export async function verifyProfile(locations: Locations, given: string, format: Format): Promise<number> {
  const looked = await look(locations, given, true);
  if (!looked.ok) {
    return complain(looked.problem);
  }
  const { file, lock, named } = looked.value;
  const drift = driftIn(looked.value);
  const unknown = unknownOf(looked.value);
  if (format === 'json') {
    printJson({
      profile: file.id,
      lock: lock.file.path,
      same: drift.length + unknown.length === 0,
      drift: drift.map(summary(named)),
      unknown,
    });
  } else {
    drift.forEach((one) => print(describeProblem(driftProblem(one, named))));
    unknown.forEach((problem) => note(`wharf: ${describeProblem(problem)}`));
    if (drift.length + unknown.length === 0) {
      print(`${file.id}: everything is as ${lock.file.path} says.`);
    }
  }
  return codeOf(drift, unknown);
}

function driftIn({ lock, found }: Looked): readonly Drift[] {
  return lock.lock === null ? [] : driftOf(lock.lock, found, sha256);
}

function codeOf(drift: readonly Drift[], unknown: readonly Problem[]): number {
  if (drift.length > 0) {
    return exitCodes.problems;
  }
  return unknown.length > 0 ? exitCodes.failed : exitCodes.ok;
}

function summary(named: string): (drift: Drift) => Readonly<Record<string, unknown>> {
  return (drift) => ({
    kind: drift.kind,
    server: drift.server,
    ...('tool' in drift ? { tool: drift.tool } : {}),
    ...('parts' in drift ? { parts: drift.parts } : {}),
    code: driftProblem(drift, named).code,
    message: driftProblem(drift, named).message,
  });
}

/** Shows what differs from what was allowed, else from the lock, with the exit codes of `verifyProfile`. */
export async function diffProfile(locations: Locations, given: string): Promise<number> {
  const file = await findProfile(locations, selectionOf(given), process.cwd());
  const changed = file.ok && !file.value.allowed ? await allowedChange(locations, file.value) : null;
  if (file.ok && changed !== null) {
    print(`Since you allowed it, ${file.value.path} changed:`);
    changed.forEach(print);
    note(`wharf: "wharf profile allow ${given}" allows it as it is now.`);
    return exitCodes.problems;
  }
  if (file.ok && file.value.allowed && file.value.profile.ok) {
    const { path, scope, isPulled } = file.value;
    const lock = await readLockFile(path);
    if (lock.ok && lock.value.lock === null) {
      print(scope === 'user' && !isPulled ? `${path} is your own, and used as it is.` : `${path} is as you allowed it.`);
      note(`wharf: There is no lock to compare its servers with: "wharf profile lock ${given}" makes one.`);
      return exitCodes.ok;
    }
  }
  const looked = await look(locations, given, true);
  if (!looked.ok) {
    return complain(looked.problem);
  }
  const drift = driftIn(looked.value);
  const unknown = unknownOf(looked.value);
  show(drift);
  unknown.forEach((problem) => note(`wharf: ${describeProblem(problem)}`));
  if (drift.length + unknown.length === 0) {
    print(`Nothing differs from ${looked.value.lock.file.path}.`);
  }
  return codeOf(drift, unknown);
}
