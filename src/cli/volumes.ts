import * as problems from '../core/problems.ts';
import type { Locations } from '../node/locations.ts';
import type { DataMethods } from '../shared/controlProtocol.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import { ask } from './ask.ts';
import { askOnce } from './context.ts';
import type { ListFormat } from './options.ts';
import { complain, exitCodes, note, print, printTable } from './output.ts';
import type { PrintValue } from './printValue.ts';

/* The entry of a bundle of its own: see esbuild.mjs. */

type Stored = DataMethods['data/list']['result']['volumes'][number];

/** `wharf volume ls`. What prints it for programs is the caller's, which has YAML already. */
export async function listVolumes(locations: Locations, format: ListFormat, printValue: PrintValue): Promise<number> {
  const answer = await askOnce(locations, 'data/list', {});
  if (!answer.ok) {
    return complain(answer.problem);
  }
  const { volumes } = answer.value;
  if (format !== 'human') {
    printValue(answer.value, format);
  } else if (volumes.length === 0) {
    print('No server keeps data.');
  } else {
    const rows = volumes.map((one) => [one.profile, one.server, one.name, one.createdAt ?? '', one.running ? 'yes' : 'no', one.volume]);
    printTable([['PROFILE', 'SERVER', 'DATA', 'SINCE', 'RUNS', 'VOLUME'], ...rows]);
  }
  return exitCodes.ok;
}

/** What of the stored data is to be removed. */
export interface RemovalWish {
  /** Names of volumes, as they are listed. */
  readonly volumes: readonly string[];
  /** An id, or the path of a profile file: everything of it. */
  readonly profile?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `wharf volume rm`. */
export async function removeVolumes(locations: Locations, wish: RemovalWish): Promise<number> {
  const answer = await askOnce(locations, 'data/list', {});
  const found = answer.ok ? chosen(answer.value.volumes, wish) : answer;
  if (!found.ok) {
    return complain(found.problem);
  }
  found.value.forEach(({ profile, server, name, volume }) =>
    note(`${wish.dryRun === true ? 'Would remove' : 'Removes'} "${name}" of the server "${server}" of ${profile} (${volume}).`),
  );
  if (wish.dryRun === true || found.value.length === 0) {
    return exitCodes.ok;
  }
  if (wish.yes !== true) {
    if (!process.stdin.isTTY) {
      return complain(problems.badArgument('What a server kept is gone for good; say that with --yes.', 'wharf volume rm'));
    }
    if (!(await ask('It is gone for good. Remove it?'))) {
      return exitCodes.problems;
    }
  }
  const removed = await askOnce(locations, 'data/remove', { volumes: found.value.map(({ volume }) => volume) });
  if (!removed.ok) {
    return complain(removed.problem);
  }
  removed.value.removed.forEach((volume) => print(volume));
  return exitCodes.ok;
}

function chosen(stored: readonly Stored[], { volumes, profile }: RemovalWish): Result<readonly Stored[]> {
  const unknown = volumes.find((name) => !stored.some(({ volume }) => volume === name));
  if (unknown !== undefined) {
    return fail(problems.dataUnknown(unknown));
  }
  if (volumes.length === 0 && profile === undefined) {
    return fail(problems.badArgument('Name volumes of "wharf volume ls", or --profile ID for everything of a profile.', 'wharf volume rm'));
  }
  return ok(stored.filter((one) => volumes.includes(one.volume) || one.path === profile || one.profile === profile));
}
