import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeScanner } from '../src/node/scanning.ts';
import { root } from '../test/support/sharedData.ts';
import { describeMachine, thisMachine } from './machine.ts';
import { median, workedMs } from './measure/stats.ts';

/** A random value for a server: what is injected is looked for as well. */
const secrets = [{ name: 'BENCH', value: 'q7'.concat('Zr-4', '1kfP', 'x0Lm') }];
const rounds = 31;
const smallSize = 2_048;
const megabyte = 1_000_000;

/** The repository's own sources and pages, and the catalogue where it is there: TypeScript, Markdown and JSON by turns. */
function cleanTexts(): readonly Buffer[] {
  const folders = ['src', 'docs', 'test', 'bench', 'scripts', join('..', 'shared', 'data', 'mcp-registry')].map((name) => join(root, name));
  return folders.flatMap((folder) => {
    try {
      return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.(?:ts|md|json)$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    } catch {
      return [];
    }
  });
}

function messageOf(text: string): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }], isError: false } }));
}

/** Median milliseconds of one run. */
function medianOf(run: () => void): number {
  run();
  return median(
    Array.from({ length: rounds }, () => {
      const from = workedMs();
      run();
      return workedMs() - from;
    }),
  );
}

/** Messages of about 2 KB, one after the other through the texts. */
function smallMessages(texts: readonly Buffer[]): readonly Buffer[] {
  return texts
    .filter(({ length }) => length > smallSize)
    .map((text) => messageOf(text.toString('utf8', 0, smallSize - 100)))
    .slice(0, 300);
}

/** Prints how fast the output scan goes over text without secrets, with every rule and one secret of a server. */
export function benchScan(): void {
  const from = workedMs();
  const scanner = nodeScanner({ secrets });
  const firstMs = workedMs() - from;
  const nextMs = medianOf(() => nodeScanner({ secrets }));
  const texts = cleanTexts();
  const messages = texts.map((text) => messageOf(text.toString()));
  const small = smallMessages(texts);
  const size = (list: readonly Buffer[]): number => list.reduce((sum, { length }) => sum + length, 0);
  const rate = (list: readonly Buffer[], ms: number): string => `${(size(list) / megabyte / (ms / 1_000)).toFixed(0)} MB/s`;
  const asText = medianOf(() => texts.forEach((text) => scanner.scanText(text)));
  const asMessages = medianOf(() => messages.forEach((message) => scanner.scanJson(message)));
  const big = messageOf(Buffer.concat(texts).toString('utf8', 0, megabyte));
  const oneBig = medianOf(() => scanner.scanJson(big));
  const eachSmall = medianOf(() => small.forEach((message) => scanner.scanJson(message)));
  console.log(`${describeMachine(thisMachine())}. Medians of ${rounds} runs, in processor time.\n`);
  for (const [what, figure, reach] of [
    ['mixed clean text (ts, md, json), all rules', rate(texts, asText), '≥ 120 MB/s'],
    ['the same in JSON-RPC messages', rate(messages, asMessages), '≥ 120 MB/s'],
    ['one message of 1 MB', `${oneBig.toFixed(2)} ms`, ''],
    ['one message of 2 KB', `${((eachSmall * 1_000) / small.length).toFixed(1)} µs`, '≤ 40 µs'],
    ['first scanner with all rules', `${firstMs.toFixed(1)} ms`, '< 30 ms'],
    ['every further scanner', `${nextMs.toFixed(2)} ms`, ''],
  ]) {
    console.log(`${what?.padEnd(45)} ${figure?.padStart(10)}   ${reach}`);
  }
  console.log(`\n${(size(texts) / megabyte).toFixed(1)} MB in ${texts.length} files; ${small.length} messages of 2 KB.`);
}
