import { isPullDue, parsePullPolicy, type PullPolicy } from '../../core/catalog/pullPolicy.ts';
import * as problems from '../../core/problems.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { pullCatalogue } from '../../node/catalogs/pullCatalogue.ts';
import { readStored } from '../../node/catalogs/store.ts';
import type { Locations } from '../../node/locations.ts';
import { describeProblem } from '../../shared/problem.ts';
import { ok, type Result } from '../../shared/result.ts';
import { complain, exitCodes, note, print, printTable } from '../output.ts';
import { kindWords, networkWords } from './about.ts';
import { sayLeftOut } from './create.ts';
import { openNamed } from './open.ts';
import { patiently } from './patience.ts';
import { ageOf, brief, printValue, type ListFormat } from './printed.ts';

/** `wharf catalog show`. `pull` says when it is fetched before. */
export async function showCatalog(locations: Locations, given: string, pull: string, format: ListFormat): Promise<number> {
  const policy = parsePullPolicy(pull);
  if (policy === undefined) {
    return complain(
      problems.badArgument(
        `--pull takes never, missing, always, initial, exists, a time such as 6h, or several with a "+", not "${pull}".`,
        'wharf catalog show',
      ),
    );
  }
  const refreshed = await refresh(locations, given, policy);
  if (!refreshed.ok) {
    return complain(refreshed.problem);
  }
  const opened = await openNamed(locations, given);
  if (!opened.ok) {
    return complain(opened.problem);
  }
  const { ref, source, title, digest, checkedAt, entries, skipped, servers } = opened.value;
  if (format !== 'human') {
    printValue({ ref, source, title, servers, digest }, format);
    return exitCodes.ok;
  }
  const age = ageOf(checkedAt);
  print(`${brief(title, 200)} (${brief(ref, 200)})`);
  print(`from ${brief(source, 300)}${age === '' ? '' : age === 'now' ? ', current' : `, last seen to be current ${age} ago`}`);
  print(`sha256:${digest}`);
  printTable([
    ['NAME', 'KIND', 'NETWORK', 'TITLE'],
    ...entries.map((entry) => [
      entry.name,
      kindWords(entry),
      networkWords(entry),
      brief(entry.title === '' ? entry.description : entry.title),
    ]),
  ]);
  sayLeftOut(skipped);
  return exitCodes.ok;
}

/** Where a newer one cannot be had, the one that is here is shown, and that is said. */
async function refresh(locations: Locations, given: string, policy: PullPolicy): Promise<Result<null>> {
  const name = nameOf(given);
  if (!name.ok || name.value.kind === 'builtIn') {
    return name.ok ? ok(null) : name;
  }
  const { ref } = name.value;
  const stored = await readStored(locations, ref);
  const header = stored.ok ? (stored.value?.header ?? null) : null;
  const age = header === null ? null : Date.now() - Date.parse(header.checkedAt ?? header.addedAt);
  if (!isPullDue(policy, age)) {
    return ok(null);
  }
  const kept = await patiently(ref, (fetching) => pullCatalogue(locations, name.value, ref, fetching));
  if (!kept.ok && header !== null) {
    note(`wharf: ${describeProblem(kept.problem)}`);
    return ok(null);
  }
  return kept.ok ? ok(null) : kept;
}
