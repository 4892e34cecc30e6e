import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { catalogueJson, readCatalogueJson } from '../src/core/catalog/catalogueJson.ts';
import type { CatalogEntry } from '../src/core/catalog/entry.ts';
import { readCatalogue } from '../src/core/catalog/readCatalogue.ts';
import { searchOf } from '../src/core/catalog/search.ts';
import { root } from '../test/support/sharedData.ts';
import { describeMachine, thisMachine } from './machine.ts';
import { quantile, workedMs } from './measure/stats.ts';

const servers = 5_000;
const searches = 300;
const catalogueFile = join(root, '..', 'shared', 'data', 'mcp-registry', 'catalog-v3.yaml');
const yamlServers = 328;

const typed = [
  'git',
  'github issues',
  'postgres',
  'browser autom',
  'search the web',
  'n',
  'docker docs',
  'create_issue',
  'file system r',
  'zzz',
];

/** The servers of Docker's catalogue, again and again under other names and with words of their own in each. */
function many(entries: readonly CatalogEntry[]): readonly CatalogEntry[] {
  return Array.from({ length: servers }, (_, at) => {
    const entry = entries[at % entries.length] ?? entries[0];
    if (entry === undefined) {
      throw new Error('The catalogue is empty.');
    }
    const turn = Math.floor(at / entries.length);
    const name = turn === 0 ? entry.name : `${entry.name.slice(0, 50)}-${turn}`;
    const description = `${entry.description} Variant ${turn} of ${entry.name}, no. w${at}x${(at * 7_919) % 1_000}.`;
    return { ...entry, name, description, server: { ...entry.server, name, description } };
  });
}

function timed<T>(run: () => T): { readonly value: T; readonly ms: number } {
  const from = workedMs();
  const value = run();
  return { value, ms: workedMs() - from };
}

function must<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false }): T {
  if (!result.ok) {
    throw new Error('The catalogue was not read.');
  }
  return result.value;
}

/** Prints what a catalogue of 5,000 servers takes: reading the form that is kept, the index, and a search. */
export function benchCatalog(): void {
  const yaml = readFileSync(catalogueFile, 'utf8');
  const ofYaml = timed(() => must(readCatalogue(yaml, catalogueFile)));
  const stored = catalogueJson({ title: 'Many', entries: many(ofYaml.value.entries) });
  const load = timed(() => must(readCatalogueJson(stored, 'many')));
  const { entries } = load.value;
  const index = timed(() => searchOf(entries));
  const first = timed(() => index.value(typed[0] ?? '', 20));
  const times = Array.from({ length: searches }, (_, turn) => timed(() => index.value(typed[turn % typed.length] ?? '', 20)).ms);
  console.log(`${describeMachine(thisMachine())}. In processor time.\n`);
  for (const [what, ms, reach] of [
    [`first load of ${entries.length} servers as they are kept (${(stored.length / 1e6).toFixed(1)} MB)`, load.ms, ''],
    ['index of them', index.ms, ''],
    ['first load, index and first search together', load.ms + index.ms + first.ms, '≤ 300 ms'],
    ['search, warm, p50', quantile(times, 0.5), ''],
    ['search, warm, p95', quantile(times, 0.95), '≤ 10 ms'],
    [`Docker's catalogue as YAML (${yamlServers} servers), read once`, ofYaml.ms, ''],
  ] as const) {
    console.log(`${what.padEnd(62)} ${`${ms.toFixed(2)} ms`.padStart(12)}   ${reach}`);
  }
}
