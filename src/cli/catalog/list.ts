import { builtInCatalogue, builtInContent } from '../../core/catalog/builtIn.ts';
import { orderedCatalogues, type OrderedCatalogue } from '../../node/catalogs/order.ts';
import type { Locations } from '../../node/locations.ts';
import { describeProblem, type Problem } from '../../shared/problem.ts';
import { complain, exitCodes, note, print } from '../output.ts';
import { ageOf, brief, printValue, type ListFormat } from './printed.ts';

interface Row {
  readonly ref: string;
  readonly digest: string;
  readonly title: string;
  readonly source: string;
  readonly checkedAt: string | null;
  readonly servers: number;
  readonly skipped: number;
  readonly problem: Problem | null;
}

/** `wharf catalog ls`: Docker's columns, then where each comes from, how old it is, and how many servers it has. */
export async function listCatalogs(locations: Locations, format: ListFormat): Promise<number> {
  const order = await orderedCatalogues(locations);
  if (!order.ok) {
    return complain(order.problem);
  }
  const rows = order.value.map(rowOf);
  if (format !== 'human') {
    printValue(rows, format);
    return exitCodes.ok;
  }
  print('Reference | Digest | Title | Source | Age | Servers');
  for (const { ref, digest, title, source, checkedAt, servers } of rows) {
    print([brief(ref, 200), digest, brief(title), brief(source, 200), ageOf(checkedAt), String(servers)].join('\t| '));
  }
  rows.forEach(({ problem }) => {
    if (problem !== null) {
      note(`wharf: ${describeProblem(problem)}`);
    }
  });
  return exitCodes.ok;
}

function rowOf({ ref, stored }: OrderedCatalogue): Row {
  const empty = { ref, digest: '', source: '', checkedAt: null, servers: 0, skipped: 0, problem: null };
  if (ref === builtInCatalogue) {
    const { title, entries } = builtInContent();
    return { ...empty, title, source: builtInCatalogue, servers: entries.length };
  }
  if (stored === null) {
    return { ...empty, title: 'not fetched yet; run "wharf catalog pull"' };
  }
  if (stored.kind === 'broken') {
    return { ...empty, title: 'cannot be used', problem: stored.problem };
  }
  const { title, digest, source, checkedAt, entries, skipped } = stored.header;
  return { ref, digest, title, source, checkedAt, servers: entries, skipped: skipped.length, problem: null };
}
