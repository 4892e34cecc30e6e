import { chmodSync, closeSync, constants, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { applicationId, migrations } from './schema.ts';

/** How long another gateway of the same user may hold the file. */
const busyPatienceMs = 5_000;
/** Of the write-ahead log, after it was taken over into the file. */
const keptLogBytes = 4 * 1024 * 1024;

/** How a file was found. Everything else that goes wrong is thrown by SQLite. */
export type Opened =
  | { readonly kind: 'open'; readonly database: DatabaseSync }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'damaged'; readonly detail: string };

/** Opens the journal, makes it where there is none, and leads an older one to the newest version. A newer one is not touched. */
export function openJournal(path: string): Opened {
  makePrivate(path);
  const database = new DatabaseSync(path);
  try {
    const problem = prepare(database);
    if (problem === undefined) {
      return { kind: 'open', database };
    }
    database.close();
    return problem;
  } catch (error) {
    database.close();
    if (isDamage(error)) {
      return { kind: 'damaged', detail: messageOf(error) };
    }
    throw error;
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error) & 0xff;
  return code === 11 || code === 26;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** SQLite gives the files beside it the same mode. */
function makePrivate(path: string): void {
  closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
  chmodSync(path, 0o600);
}

function prepare(database: DatabaseSync): Exclude<Opened, { kind: 'open' }> | undefined {
  // The option of the constructor is newer than the oldest Node that runs this.
  database.exec(`PRAGMA busy_timeout = ${busyPatienceMs}`);
  const version = numberOf(database, 'user_version');
  if (version > migrations.length) {
    return { kind: 'newer', version };
  }
  const isNew = version === 0 && numberOf(database, 'schema_version') === 0;
  if (!isNew && numberOf(database, 'application_id') !== applicationId) {
    return { kind: 'damaged', detail: 'it is the database of another program' };
  }
  // Before the first table, or it means nothing.
  database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  // After a crash of this process nothing that was committed is missing; after one of the computer the last moments may be.
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${keptLogBytes}`);
  if (version < migrations.length) {
    migrate(database);
  }
  return undefined;
}

function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Another gateway may have been faster.
    const version = numberOf(database, 'user_version');
    migrations.slice(version).forEach((step) => database.exec(step));
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${Math.max(version, migrations.length)}; COMMIT`);
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** The value of a pragma that is one whole number. */
export function numberOf(database: DatabaseSync, pragma: string): number {
  const row = database.prepare(`PRAGMA ${pragma}`).get();
  return Number(row?.[pragma] ?? 0);
}

function codeOf(error: unknown): number {
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code : 0;
}
