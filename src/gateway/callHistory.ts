import type { CallDetail, CallSummary } from '../shared/calls.ts';
import { readBody } from './callBody.ts';
import type { CallLog } from './callLog.ts';
import type { Journal } from './journal/journal.ts';
import type { StoredCall } from './journal/records.ts';

/** One answer holds no more calls. */
export const mostListed = 10_000;

/** Calls of this gateway, and those that the journal has of others: earlier ones, and those that run beside it. */
export class CallHistory {
  private readonly calls: CallLog;
  private readonly journal: Journal;

  constructor(calls: CallLog, journal: Journal) {
    this.calls = calls;
    this.journal = journal;
  }

  /** The newest `limit`, oldest first. */
  async list(limit: number): Promise<readonly CallSummary[]> {
    const most = Math.min(Math.floor(limit), mostListed);
    if (!(most > 0)) {
      return [];
    }
    const stored = await this.journal.list(most);
    // Looked at last: what is told of from now on is newer.
    const own = this.calls.list(most);
    const known = new Set(own.map(({ id }) => id));
    const others = stored.filter(({ id }) => !known.has(id)).map(summaryOf);
    return [...others, ...own].toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : Number(a.startedAt > b.startedAt))).slice(-most);
  }

  async show(id: string): Promise<CallDetail | undefined> {
    const own = this.calls.show(id);
    if (own !== undefined) {
      return own;
    }
    const stored = await this.journal.show(id);
    return stored === null
      ? undefined
      : {
          ...summaryOf({ ...stored, findings: stored.found.length }),
          arguments: readBody(stored.arguments) ?? {},
          result: readBody(stored.result),
          timings: stored.timings,
          events: stored.events,
          found: stored.found,
        };
  }
}

function summaryOf(call: StoredCall): CallSummary {
  const { id, client, thread, profile, server, tool, status, durationMs, requestBytes, resultBytes, findings } = call;
  const startedAt = new Date(call.startedAt).toISOString();
  return { id, startedAt, client, thread, profile, server, tool, status, durationMs, requestBytes, resultBytes, findings };
}
