import type { DatabaseSync } from 'node:sqlite';

import { numberOf } from './journalFile.ts';
import type { Limits } from './records.ts';

/** Freed down to this part of the limit, so that it is not reached again at once. */
const target = 0.9;
/** Calls that are removed in one transaction: other gateways write too. */
const mostAtOnce = 500;
/** Of a call beside its bodies, roughly. */
const rowBytes = 600;
/** Given back to the disk at once. */
const pagesAtOnce = 2_000;

/** What the journal holds, without what it keeps free, in bytes. */
export function usedBytes(database: DatabaseSync): number {
  return (numberOf(database, 'page_count') - numberOf(database, 'freelist_count')) * numberOf(database, 'page_size');
}

/** One step towards the limits: removes the oldest calls, and gives their room back. false when there is nothing more to do. */
export function trim(database: DatabaseSync, limits: Limits, now: number): boolean {
  const oldest = now - limits.ageMs;
  const removed =
    changes(database, `DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE started_ms < ? LIMIT ${mostAtOnce})`, oldest) +
    changes(
      database,
      `DELETE FROM server_events WHERE seq IN (SELECT seq FROM server_events
        WHERE at_ms < ? OR seq <= (SELECT max(seq) FROM server_events) - ? LIMIT ${mostAtOnce})`,
      oldest,
      limits.events,
    ) +
    changes(database, 'DELETE FROM runs WHERE started_ms < ? AND seq NOT IN (SELECT run FROM calls) AND ended_ms IS NOT NULL', oldest) +
    trimBytes(database, limits.bytes);
  if (numberOf(database, 'freelist_count') > 0) {
    database.prepare(`PRAGMA incremental_vacuum(${pagesAtOnce})`).all();
  }
  return removed > 0;
}

function trimBytes(database: DatabaseSync, limit: number): number {
  const used = usedBytes(database);
  if (used <= limit) {
    return 0;
  }
  let excess = used - limit * target;
  const calls = database
    .prepare(`SELECT seq, request_bytes + result_bytes AS bytes FROM calls ORDER BY started_ms, seq LIMIT ${mostAtOnce}`)
    .all();
  const leaving: number[] = [];
  for (const { seq, bytes } of calls) {
    if (excess > 0) {
      leaving.push(Number(seq));
      excess -= Number(bytes) + rowBytes;
    }
  }
  return changes(database, `DELETE FROM calls WHERE seq IN (${leaving.join(', ')})`);
}

function changes(database: DatabaseSync, sql: string, ...values: readonly number[]): number {
  return Number(database.prepare(sql).run(...values).changes);
}
