import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { isAlive } from '../../node/machine.ts';
import type { CallEvent, CallStatus } from '../../shared/calls.ts';
import type { Finding } from '../../shared/findings.ts';
import type { Batch, CallRecord, PackedCall, Run, ServerEvent, Span, StoredCall } from './records.ts';

type Row = Readonly<Record<string, unknown>>;

const summaryColumns =
  'seq, id, started_ms, client, thread, profile, server, tool, status, duration_ms, request_bytes, result_bytes, findings';

/** Reads and writes an open journal. Blocks: it lives in a thread of its own. */
export class JournalStore {
  private readonly database: DatabaseSync;
  private readonly run: number;
  private readonly machine: string;
  private readonly call: StatementSync;
  private readonly details: StatementSync;
  private readonly forgetFindings: StatementSync;
  private readonly finding: StatementSync;
  private readonly event: StatementSync;
  private dropped = 0;

  constructor(database: DatabaseSync, { process, version }: Run) {
    this.database = database;
    const { machine, boot, pid, startedAt } = process;
    this.machine = machine;
    const begun = database
      .prepare('INSERT INTO runs (machine, boot, pid, process_start, version, started_ms) VALUES (?, ?, ?, ?, ?, ?)')
      .run(machine, boot, pid, startedAt, version, Date.now());
    this.run = Number(begun.lastInsertRowid);
    this.call = database.prepare(`
      INSERT INTO calls
        (id, run, started_ms, client, thread, profile, server, tool, status, duration_ms, request_bytes, result_bytes, findings)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET server = excluded.server, tool = excluded.tool, status = excluded.status,
        duration_ms = excluded.duration_ms, result_bytes = excluded.result_bytes, findings = excluded.findings
      RETURNING seq`);
    this.details = database.prepare(
      'INSERT OR REPLACE INTO call_details (call, arguments, result, timings, events) VALUES (?, ?, ?, ?, ?)',
    );
    this.forgetFindings = database.prepare('DELETE FROM findings WHERE call = ?');
    this.finding = database.prepare(`
      INSERT INTO findings (call, rule, title, kind, place, pointer, preview, action, secret) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.event = database.prepare(
      'INSERT INTO server_events (run, at_ms, profile, server, process, kind, text) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
  }

  /** All of it or nothing. */
  write({ calls, bodies, events, dropped }: Batch): void {
    this.atOnce(() => {
      for (const call of calls) {
        this.writeCall(call, bodies);
      }
      for (const { at, profile, server, process, kind, text } of events) {
        this.event.run(this.run, at, profile, server, process, kind, text);
      }
      if (dropped !== this.dropped) {
        this.database.prepare('UPDATE runs SET dropped_calls = ? WHERE seq = ?').run(dropped, this.run);
      }
    });
    this.dropped = dropped;
  }

  /** Calls that ran in a gateway that is no more will never end: `result` is what they ended with. */
  endLost(result: string): void {
    this.atOnce(() => {
      const runs = this.database
        .prepare("SELECT * FROM runs WHERE seq <> ? AND seq IN (SELECT run FROM calls WHERE status = 'running')")
        .all(this.run);
      for (const run of runs.filter((one) => !this.mayStillRun(one))) {
        this.database
          .prepare(
            "INSERT OR REPLACE INTO call_details SELECT call, arguments, CAST(? AS BLOB), timings, events FROM call_details WHERE call IN (SELECT seq FROM calls WHERE run = ? AND status = 'running')",
          )
          .run(result, Number(run['seq']));
        this.database.prepare("UPDATE calls SET status = 'error' WHERE run = ? AND status = 'running'").run(Number(run['seq']));
      }
    });
  }

  /** The newest, oldest first. */
  list(limit: number): readonly StoredCall[] {
    const rows = this.database.prepare(`SELECT ${summaryColumns} FROM calls ORDER BY started_ms DESC, seq DESC LIMIT ?`).all(limit);
    return rows.map((row) => ({ ...storedCall(row), findings: Number(row['findings']) })).reverse();
  }

  show(id: string): CallRecord | null {
    const row = this.database
      .prepare(`SELECT ${summaryColumns}, arguments, result, timings, events FROM calls JOIN call_details ON call = seq WHERE id = ?`)
      .get(id);
    if (row === undefined) {
      return null;
    }
    const found = this.database.prepare('SELECT * FROM findings WHERE call = ? ORDER BY seq').all(Number(row['seq']));
    return {
      ...storedCall(row),
      timings: JSON.parse(String(row['timings'])) as Record<string, number>,
      events: JSON.parse(String(row['events'])) as readonly CallEvent[],
      found: found.map(storedFinding),
      arguments: bytesOf(row['arguments']),
      result: bytesOf(row['result']),
    };
  }

  /** What happened to servers, oldest first. */
  events(): readonly ServerEvent[] {
    const rows = this.database.prepare('SELECT * FROM server_events ORDER BY seq').all();
    return rows.map((row) => ({
      at: Number(row['at_ms']),
      profile: String(row['profile']),
      server: String(row['server']),
      process: textOf(row['process']),
      kind: String(row['kind']),
      text: String(row['text']),
    }));
  }

  close(): void {
    this.database.prepare('UPDATE runs SET ended_ms = ? WHERE seq = ?').run(Date.now(), this.run);
  }

  /** Of a process in another container, which shares the file, nothing is known. */
  private mayStillRun(run: Row): boolean {
    const identity = {
      machine: String(run['machine']),
      boot: String(run['boot']),
      pid: Number(run['pid']),
      startedAt: String(run['process_start']),
    };
    return run['ended_ms'] === null && (identity.machine !== this.machine || isAlive(identity));
  }

  private writeCall(call: PackedCall, bodies: SharedArrayBuffer): void {
    const { id, startedAt, client, thread, profile, server, tool, status, durationMs, requestBytes, resultBytes, found } = call;
    const names = [client, thread, profile, server, tool, status] as const;
    const row = this.call.get(id, this.run, startedAt, ...names, durationMs, requestBytes, resultBytes, found.length);
    const seq = Number(row?.['seq']);
    const [given, result] = [call.arguments, call.result].map((span) => bodyIn(bodies, span));
    this.details.run(seq, given ?? null, result ?? null, JSON.stringify(call.timings), JSON.stringify(call.events));
    this.forgetFindings.run(seq);
    for (const { rule, title, kind, where, pointer, preview, action, secret } of found) {
      this.finding.run(seq, rule, title, kind, where, pointer, preview, action, secret ?? null);
    }
  }

  private atOnce(work: () => void): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.database.exec('COMMIT');
    } catch (error) {
      try {
        this.database.exec('ROLLBACK');
      } catch {
        // SQLite has ended it by itself, as on a full disk.
      }
      throw error;
    }
  }
}

function bodyIn(bodies: SharedArrayBuffer, span: Span): Uint8Array | null {
  return span === null ? null : new Uint8Array(bodies, span[0], span[1] - span[0]);
}

function storedCall(row: Row): Omit<StoredCall, 'findings'> {
  return {
    id: String(row['id']),
    startedAt: Number(row['started_ms']),
    client: String(row['client']),
    thread: textOf(row['thread']),
    profile: String(row['profile']),
    server: String(row['server']),
    tool: String(row['tool']),
    status: String(row['status']) as CallStatus,
    durationMs: row['duration_ms'] === null ? null : Number(row['duration_ms']),
    requestBytes: Number(row['request_bytes']),
    resultBytes: Number(row['result_bytes']),
  };
}

function storedFinding(row: Row): Finding {
  const { rule, title, kind, place, pointer, preview, action, secret } = row as Readonly<Record<string, string | null>>;
  const finding = { rule, title, kind, where: place, pointer, preview, action, ...(secret === null ? {} : { secret }) };
  return finding as Finding;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function bytesOf(value: unknown): Uint8Array | null {
  return value instanceof Uint8Array ? value : null;
}
