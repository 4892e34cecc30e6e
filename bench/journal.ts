import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { CallLog } from '../src/gateway/callLog.ts';
import { CleanTexts } from '../src/gateway/journal/cleanTexts.ts';
import { Journal } from '../src/gateway/journal/journal.ts';
import { Scanning } from '../src/gateway/scan/scanning.ts';
import { ownIdentity } from '../src/node/machine.ts';
import { describeMachine, thisMachine } from './machine.ts';
import { median } from './measure/stats.ts';

const rounds = 3;
/** About three thousand calls in a second: a gateway that does nothing else would only measure memory. */
const atOnce = 16;
const restMs = 4;
const warmUpBytes = 10_000_000;
const mostFirst = 500;
const given = Buffer.from(JSON.stringify({ title: 'x'.repeat(100), count: 3 }));
/** No more than may wait for the disk, as nothing else is to be done here meanwhile. */
const kinds = [
  { name: '400 bytes', size: 400, calls: 3_000 },
  { name: '20 KB', size: 20_000, calls: 1_500 },
  { name: '1 MB', size: 1_000_000, calls: 25 },
] as const;

/** Microseconds of this thread's own work, until all calls are written. */
async function costOf(log: CallLog, result: Buffer, calls: number, end: () => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage();
  for (let count = 0; count < calls; count++) {
    const tool = ['create_issue', 'list_issues', 'search'][count % 3] ?? '';
    const start = {
      client: 'codex-mcp-client 0.169.0',
      thread: 'thread-1',
      profile: 'dev',
      profilePath: '/p.yaml',
      server: 'github',
      tool,
    };
    const call = log.begin({ ...start, arguments: given, requestBytes: given.length });
    call.segment('wait');
    call.segment('tool');
    call.end({ status: 'ok', result });
    if (count % atOnce === 0) {
      await pause(restMs);
    }
  }
  await end();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

async function withJournal(folder: string, result: Buffer, calls: number): Promise<{ readonly us: number; readonly dropped: number }> {
  const scanning = new Scanning(() => undefined);
  const texts = new CleanTexts(
    (text) => scanning.redactText(text),
    () => scanning.version,
  );
  const journal = new Journal({
    path: join(mkdtempSync(join(folder, 'run-')), 'journal.db'),
    worker: () => new URL('../src/gateway/journal/worker.ts', import.meta.url),
    run: { process: ownIdentity(), version: '0' },
    clean: (text) => texts.of(text),
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const log = new CallLog((call) => journal.put(call));
  // The start of its thread and the first use of memory come once for each gateway.
  const first = Math.min(mostFirst, Math.ceil(warmUpBytes / result.length));
  await costOf(log, result, first, async () => {
    while ((await journal.list(first)).length < first) {
      // Each look waits for what was put before.
    }
  });
  const us = await costOf(log, result, calls, () => journal.close());
  return { us, dropped: journal.report().dropped };
}

/** What the journal adds to each call in the gateway's own thread. */
export async function benchJournal(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-bench-journal-'));
  try {
    console.log(describeMachine(thisMachine()));
    for (const { name, size, calls } of kinds) {
      const result = Buffer.from(JSON.stringify({ content: [{ type: 'text', text: 'y'.repeat(size) }] }));
      const bare: number[] = [];
      const empty: number[] = [];
      const full: number[] = [];
      let dropped = 0;
      for (let round = 0; round < rounds; round++) {
        bare.push(await costOf(new CallLog(), result, calls, () => Promise.resolve()));
        // The end of a gateway costs the same whatever it did.
        empty.push((await withJournal(folder, result, 0)).us);
        const one = await withJournal(folder, result, calls);
        full.push(one.us);
        dropped += one.dropped;
      }
      const added = (median(full) - median(empty) - median(bare)) / calls;
      const missing = `${dropped} of ${calls * rounds} calls missing`;
      console.log(`journal, results of ${name}: ${added.toFixed(1)} µs for each call on the calling path (goal ≤ 20 µs); ${missing}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
