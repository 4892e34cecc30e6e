import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';

import { root } from '../test/support/sharedData.ts';
import { benchCatalog } from './catalog.ts';
import { Cleanup } from './cleanup.ts';
import { comparison } from './compare.ts';
import type { Effort } from './measure/calls.ts';
import { pageWith, tables } from './report.ts';
import type { RunResult } from './results.ts';
import { BenchRun } from './run.ts';
import { benchJournal } from './journal.ts';
import { benchScan } from './scan.ts';
import { variantNames, type VariantName } from './variants/variant.ts';

const usage = `npm run bench -- [options]
npm run bench -- scan    only the output scan: MB/s of clean text, and a message of 2 KB
npm run bench -- catalog only a catalogue of 5,000 servers: first load, index, search
npm run bench -- journal only what the journal costs each call in the gateway's own thread
  --compare FILE   compares with the summary of another run
  --from FILE      takes the summary of another run instead of measuring
  --out FILE       where the summary is written; default: node_modules/.cache/wharf/bench.json
  --rounds N       default 3
  --only A,B       some of ${variantNames.join(', ')}
  --quick          much less of everything: whether it works, no figures to keep
  --write          writes the table into docs/benchmarks.md also when it is not complete`;

const full: Effort = { starts: 5, warmUpCalls: 300, calls: 3_000, inFlight: 16, throughputMs: 2_000, bigCalls: 30 };
const quick: Effort = { starts: 1, warmUpCalls: 20, calls: 100, inFlight: 16, throughputMs: 200, bigCalls: 3 };
const page = join(root, 'docs', 'benchmarks.md');

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function readResult(file: string): Promise<RunResult> {
  const result = JSON.parse(await readFile(file, 'utf8')) as RunResult;
  if (result.version !== 1) {
    throw new Error(`${file} is no summary that this version can read.`);
  }
  return result;
}

function variantsOf(only: string | undefined): readonly VariantName[] {
  const names = only?.split(',') ?? variantNames;
  const unknown = names.filter((name) => !variantNames.some((known) => known === name));
  if (unknown.length > 0) {
    throw new Error(`There is no variant ${unknown.join(', ')}; there are ${variantNames.join(', ')}.`);
  }
  return variantNames.filter((name) => names.includes(name));
}

async function measure(options: {
  readonly variants: readonly VariantName[];
  readonly rounds: number;
  readonly effort: Effort;
}): Promise<RunResult> {
  const cleanup = new Cleanup();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      say(`Stopping what was started …`);
      void cleanup.run().finally(() => process.exit(1));
    });
  }
  try {
    return await new BenchRun({ ...options, say }, cleanup).run();
  } finally {
    await cleanup.run();
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      compare: { type: 'string' },
      from: { type: 'string' },
      out: { type: 'string' },
      only: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean' },
      write: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  if (positionals.length > 0) {
    const name = positionals.join(' ');
    if (name === 'scan') {
      benchScan();
    } else if (name === 'catalog') {
      benchCatalog();
    } else if (name === 'journal') {
      await benchJournal();
    } else {
      throw new Error(`There is no benchmark ${name}; there are scan, catalog and journal.`);
    }
    return 0;
  }
  const variants = variantsOf(values.only);
  const isQuick = values.quick === true;
  const rounds = Number(values.rounds ?? (isQuick ? 1 : 3));
  const before = values.compare === undefined ? undefined : await readResult(values.compare);
  const result =
    values.from === undefined ? await measure({ variants, rounds, effort: isQuick ? quick : full }) : await readResult(values.from);
  const text = tables(result);
  console.log(text);
  if (values.from === undefined) {
    const out = values.out ?? join(root, 'node_modules', '.cache', 'wharf', 'bench.json');
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, `${JSON.stringify(result, null, 2)}\n`);
    console.log(`\nSummary: ${relative(process.cwd(), out)}`);
  }
  const isComplete = values.from === undefined && !isQuick && variants.length === variantNames.length && result.missing.length === 0;
  if (isComplete || values.write === true) {
    await writeFile(page, pageWith(await readFile(page, 'utf8'), text));
    console.log(`The table is in ${relative(process.cwd(), page)}.`);
  }
  if (before !== undefined) {
    console.log(`\n${comparison(before, result).join('\n')}`);
  }
  return result.missing.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
