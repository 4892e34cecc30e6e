import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

import { CallHistory } from '../../src/gateway/callHistory.ts';
import { CallLog } from '../../src/gateway/callLog.ts';
import { Journal, type JournalOptions } from '../../src/gateway/journal/journal.ts';
import type { Batch, CallRecord } from '../../src/gateway/journal/records.ts';
import type { OpenCall } from '../../src/gateway/keptCall.ts';
import { ownIdentity } from '../../src/node/machine.ts';

/** A gateway as its journal sees it: calls, and the file that they go to. */
export class JournalRun {
  readonly journal: Journal;
  readonly log: string[] = [];
  readonly calls: CallLog;
  readonly history: CallHistory;

  constructor(path: string, options: Partial<JournalOptions> = {}) {
    this.journal = new Journal({
      path,
      worker: () => new URL('../../src/gateway/journal/worker.ts', import.meta.url),
      run: { process: ownIdentity(), version: '0.0.0' },
      clean: (text) => text,
      log: (line) => void this.log.push(line),
      ...options,
    });
    this.calls = new CallLog((call) => this.journal.put(call));
    this.history = new CallHistory(this.calls, this.journal);
  }

  begin(tool: string, given = '{}', server = 's'): OpenCall {
    const bytes = Buffer.from(given);
    return this.calls.begin({
      client: 'c 1',
      thread: 't',
      profile: 'p',
      profilePath: '/p.yaml',
      server,
      tool,
      arguments: bytes,
      requestBytes: bytes.length,
    });
  }

  /** A call that ends at once. */
  call(tool: string, result = '{"content":[]}'): OpenCall {
    const call = this.begin(tool);
    call.end({ status: 'ok', result: Buffer.from(result) });
    return call;
  }

  async tools(limit = 100): Promise<readonly string[]> {
    return (await this.history.list(limit)).map(({ tool }) => tool);
  }
}

/** A folder for a journal, and runs on it, which end with the test. With `diskSize`, such as `2m`, it is a disk of its own. */
export function journalFolder(
  t: TestContext,
  diskSize?: string,
): { readonly path: string; readonly run: (options?: Partial<JournalOptions>) => JournalRun } {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-journal-'));
  const runs: JournalRun[] = [];
  t.after(async () => {
    await Promise.all(runs.map(({ journal }) => journal.close()));
    if (diskSize !== undefined) {
      execFileSync('umount', [dirname(path)]);
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const path = join(folder, 'journal', 'journal.db');
  if (diskSize !== undefined) {
    mkdirSync(dirname(path));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize},mode=0700`, 'wharf-test', dirname(path)]);
  }
  return {
    path,
    run: (options) => {
      const run = new JournalRun(path, options);
      runs.push(run);
      return run;
    },
  };
}

/** Calls with one finding each, as they go to the file. Only the first has arguments. */
export function batchOf(calls: readonly Partial<CallRecord>[]): Batch {
  const body = calls[0]?.arguments ?? new Uint8Array(0);
  const bodies = new SharedArrayBuffer(body.length);
  new Uint8Array(bodies).set(body);
  const finding = { rule: 'r', title: 't', kind: 'secret', where: 'result', pointer: '', preview: '', action: 'redacted' } as const;
  const usual = {
    client: 'c',
    thread: null,
    profile: 'p',
    server: 's',
    tool: 't',
    status: 'ok',
    durationMs: 1,
    requestBytes: 2,
    resultBytes: 0,
  } as const;
  return {
    bodies,
    bytes: body.length,
    events: [],
    dropped: 0,
    calls: calls.map(({ id = '', startedAt = 0, requestBytes = 2 }, index) => ({
      ...usual,
      id,
      startedAt,
      requestBytes,
      timings: {},
      events: [],
      found: [finding],
      arguments: index === 0 ? [0, body.length] : null,
      result: null,
    })),
  };
}
