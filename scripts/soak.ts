// `npm run soak [-- --cycles N]`: starts and ends clients, daemons, Codex and an engine in every way, and looks for what is left.
import type { TestContext } from 'node:test';
import { parseArgs } from 'node:util';

import { runSoak } from '../test/support/soak.ts';
import { cycleKinds, soakLines, type CycleKind } from '../test/support/soakReport.ts';

const usage = `npm run soak -- [options]
  --cycles N     default 1000
  --without A,B  leaves out some of: ${cycleKinds.join(', ')}`;

type Step = () => unknown;

/** What the run started, as tests see it: each is stopped, the last first, however the run ends. */
class Cleanup {
  private readonly steps: Step[] = [];
  private isOver = false;

  after(step: Step): void {
    if (this.isOver) {
      void Promise.resolve(step()).catch(() => undefined);
    } else {
      this.steps.push(step);
    }
  }

  skip(reason: string): void {
    say(`left out: ${reason}`);
  }

  async run(): Promise<void> {
    this.isOver = true;
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step();
      } catch (error) {
        say(String(error));
        process.exitCode = 1;
      }
    }
  }
}

function say(line: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

function kindsOf(names: string): readonly CycleKind[] {
  return names.split(',').map((name) => {
    const kind = cycleKinds.find((known) => known === name.trim());
    if (kind === undefined) {
      throw new Error(`There is no kind "${name}".\n${usage}`);
    }
    return kind;
  });
}

async function soak(cycles: number, without: readonly CycleKind[]): Promise<void> {
  const cleanup = new Cleanup();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stop.signal.aborted) {
        stop.abort();
        say('stopping what was started …');
        void cleanup.run().finally(() => process.exit(130));
      }
    });
  }
  try {
    const report = await runSoak(cleanup as unknown as TestContext, { cycles, say, signal: stop.signal, without });
    if (!stop.signal.aborted) {
      soakLines(report).forEach((line) => console.log(line));
      const isClean = report.complaints.length === 0 && report.containers.left === 0;
      console.log(isClean ? 'Nothing is left.' : `${report.complaints.length} complaints:\n${report.complaints.join('\n')}`);
      process.exitCode = isClean ? 0 : 1;
    }
  } finally {
    await (stop.signal.aborted ? new Promise(() => undefined) : cleanup.run());
  }
}

try {
  const { values } = parseArgs({ options: { cycles: { type: 'string', default: '1000' }, without: { type: 'string' } } });
  const cycles = Number(values.cycles);
  if (!Number.isSafeInteger(cycles) || cycles < 1) {
    throw new Error(`"${values.cycles}" is no number of cycles.\n${usage}`);
  }
  await soak(cycles, values.without === undefined ? [] : kindsOf(values.without));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
