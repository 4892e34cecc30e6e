/** In the header of the file: `WHRF`, so that another program's database is never taken for a journal. */
export const applicationId = 0x57_48_52_46;

/**
 * What leads from each version of the file to the next; the file's `user_version` is how many of them it has behind it.
 * A step that was shipped never changes. Times are milliseconds since 1970, sizes are bytes, `timings` and `events` are JSON.
 * Bodies lie apart from the calls, so that lists read short rows.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE runs (
    seq INTEGER PRIMARY KEY,
    machine TEXT NOT NULL,
    boot TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_start TEXT NOT NULL,
    version TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    dropped_calls INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE calls (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    run INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    client TEXT NOT NULL,
    thread TEXT,
    profile TEXT NOT NULL,
    server TEXT NOT NULL,
    tool TEXT NOT NULL,
    status TEXT NOT NULL,
    duration_ms REAL,
    request_bytes INTEGER NOT NULL,
    result_bytes INTEGER NOT NULL,
    findings INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX calls_by_time ON calls (started_ms);
  CREATE INDEX calls_running ON calls (run) WHERE status = 'running';

  CREATE TABLE call_details (
    call INTEGER PRIMARY KEY REFERENCES calls (seq) ON DELETE CASCADE,
    arguments BLOB,
    result BLOB,
    timings TEXT NOT NULL,
    events TEXT NOT NULL
  ) STRICT;

  CREATE TABLE findings (
    seq INTEGER PRIMARY KEY,
    call INTEGER NOT NULL REFERENCES calls (seq) ON DELETE CASCADE,
    rule TEXT NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    pointer TEXT NOT NULL,
    preview TEXT NOT NULL,
    action TEXT NOT NULL,
    secret TEXT
  ) STRICT;
  CREATE INDEX findings_by_call ON findings (call);

  CREATE TABLE server_events (
    seq INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    profile TEXT NOT NULL,
    server TEXT NOT NULL,
    process TEXT,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX server_events_by_time ON server_events (at_ms);
  `,
];
