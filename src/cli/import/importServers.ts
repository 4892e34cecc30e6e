import { homedir } from 'node:os';

import type { ImportOrigin } from '../../core/imports/foreign.ts';
import type { ImportWishes } from '../../core/imports/imported.ts';
import { neededSecrets, reported, reportLines, type ImportReport } from '../../core/imports/report.ts';
import { withoutSecrets } from '../../core/scan/withoutSecrets.ts';
import * as problems from '../../core/problems.ts';
import type { Locations } from '../../node/locations.ts';
import { nodeScanner } from '../../node/scanning.ts';
import { visibleText } from '../../shared/visibleText.ts';
import { ask } from '../ask.ts';
import { grantLines, legendOf } from '../grants.ts';
import type { ListFormat } from '../options.ts';
import { complain, exitCodes, note, print, printFile } from '../output.ts';
import { printValue } from '../printValue.ts';
import { refusedMounts } from '../refusedMounts.ts';
import { buildPackages } from './builtPackages.ts';
import { knownCatalogues } from './catalogues.ts';
import { onlyApproved } from './onlyApproved.ts';
import { findServers, type Found } from './sources.ts';
import { storeSecrets } from './storeSecrets.ts';
import { draftOf, findTarget, writeTarget, type Draft, type ImportTarget } from './target.ts';

export interface ImportOptions {
  readonly profile: string;
  readonly from?: ImportOrigin;
  readonly server?: readonly string[];
  readonly project?: true;
  readonly native?: true;
  readonly build?: true;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly format: ListFormat;
}

/** `wharf client import`: shows what becomes of each server, asks, and writes the profile. */
export async function importServers(locations: Locations, given: readonly string[], options: ImportOptions): Promise<number> {
  const target = await findTarget(locations, options.profile, options.project === true);
  if (!target.ok) {
    return complain(target.problem);
  }
  const catalogues = await knownCatalogues(locations);
  const sources = { given, from: options.from, only: options.server ?? [] };
  const wishes: ImportWishes = {
    home: homedir(),
    catalogues,
    built: new Map(),
    mayBeNative: options.native === true && options.build !== true,
    scanner: nodeScanner(),
    taken: target.value.servers,
    profile: options.profile,
  };
  const first = await findServers(sources, wishes);
  const built =
    first.ok && options.build === true && options.dryRun !== true
      ? await buildPackages(locations, first.value.imported, { yes: options.yes === true })
      : undefined;
  const read = built === undefined ? first : await findServers(sources, { ...wishes, built, mayBeNative: options.native === true });
  const imported = read.ok ? await onlyApproved(locations, read.value.imported) : read;
  if (!read.ok || !imported.ok) {
    return imported.ok ? exitCodes.failed : complain(imported.problem);
  }
  const found = { imported: imported.value, unusable: read.value.unusable };
  const draft = draftOf(target.value, found.imported, catalogues.lookup);
  if (!draft.ok) {
    return complain(draft.problem);
  }
  const { format } = options;
  return format === 'human'
    ? importForPeople(locations, target.value, found, draft.value, options)
    : importForPrograms(locations, target.value, found, draft.value, { ...options, format });
}

async function importForPeople(
  locations: Locations,
  target: ImportTarget,
  found: Found,
  draft: Draft,
  options: ImportOptions,
): Promise<number> {
  const scanner = nodeScanner();
  const isDryRun = options.dryRun === true;
  // The file alone is on stdout of a dry run.
  const say = isDryRun ? note : print;
  const shown = (line: string): void => say(visibleText(withoutSecrets(line, scanner)));
  reportLines(found.imported).forEach(shown);
  found.unusable.forEach(({ name, file, why }) => shown(`${name} of ${file}: not imported: ${why}`));
  const count = countOf(found);
  if (count === 0) {
    say(`Nothing was imported: no entry could be made for the profile ${target.id}.`);
    return exitCodes.problems;
  }
  const grants = await grantsOf(locations, found, draft);
  const secrets = neededSecrets(found.imported);
  if (isDryRun) {
    [...secrets].forEach(([name, value]) => note(value === null ? `It needs ${name}.` : `The value of ${name} would go into the vault.`));
    printFile(draft.text);
    return exitCodes.ok;
  }
  if (options.yes !== true && !process.stdin.isTTY) {
    return complain(problems.serversConsent(target.path, grants.join('\n')));
  }
  print(`\n${target.path} would start${target.before === undefined ? '' : ', beside what it starts already'}:`);
  grants.forEach(print);
  if (options.yes !== true && !(await ask(`Write ${plural(count, 'server')} to it?`))) {
    print('Nothing was written.');
    return exitCodes.problems;
  }
  const stored = await storeSecrets(locations, secrets, options.yes === true, print);
  if (!stored.ok) {
    return complain(stored.problem);
  }
  const written = await writeTarget(locations, target, draft.text);
  if (!written.ok) {
    return complain(written.problem);
  }
  print(`\nImported ${plural(count, 'server')} into the profile ${target.id}, ${target.path}.`);
  const missing = [...secrets.keys()].filter((name) => !stored.value.includes(name));
  if (missing.length > 0) {
    print('Its secrets are still to be set:');
    missing.forEach((name) => print(`  wharf secret set ${name}`));
  }
  if (stored.value.length > 0) {
    print('The files still hold the values that are in the vault now: remove them there when nothing else needs them.');
  }
  print(`Codex gets it by: wharf client connect codex --profile ${target.id}`);
  return exitCodes.ok;
}

async function importForPrograms(
  locations: Locations,
  target: ImportTarget,
  found: Found,
  draft: Draft,
  options: ImportOptions & { readonly format: 'json' | 'yaml' },
): Promise<number> {
  const count = countOf(found);
  const mayWrite = options.dryRun !== true && count > 0;
  const secrets = neededSecrets(found.imported);
  if (mayWrite && options.yes !== true) {
    return complain(problems.serversConsent(target.path, (await grantsOf(locations, found, draft)).join('\n')));
  }
  const stored = mayWrite ? await storeSecrets(locations, secrets, true, () => undefined) : ({ ok: true, value: [] } as const);
  if (!stored.ok) {
    return complain(stored.problem);
  }
  const written = mayWrite ? await writeTarget(locations, target, draft.text) : ({ ok: true, value: null } as const);
  if (!written.ok) {
    return complain(written.problem);
  }
  const report: ImportReport = {
    profile: { id: target.id, path: target.path, written: mayWrite },
    servers: found.imported.map(reported),
    secrets: [...secrets].map(([name, value]) => ({ name, inFile: value !== null, stored: stored.value.includes(name) })),
    unusable: found.unusable,
  };
  printValue(report, options.format);
  return count > 0 ? exitCodes.ok : exitCodes.problems;
}

function countOf({ imported }: Found): number {
  return imported.filter(({ outcome }) => 'entry' in outcome).length;
}

/** What the new servers start and may reach, as `wharf profile allow` shows it. */
async function grantsOf(locations: Locations, { imported }: Found, { profile }: Draft): Promise<readonly string[]> {
  const names = imported.flatMap(({ as, outcome }) => ('entry' in outcome ? [as] : []));
  const added = { ...profile, servers: profile.servers.filter(({ name }) => names.includes(name)) };
  const scanner = nodeScanner();
  const lines = grantLines(added).map((line) => withoutSecrets(line, scanner));
  return [...lines, ...legendOf(lines), ...(await refusedMounts(locations, added))];
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
