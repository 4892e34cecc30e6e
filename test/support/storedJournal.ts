import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { WharfHome } from './wharfHome.ts';

type Row = Readonly<Record<string, unknown>>;

/** The file in which gateways of this home keep calls. */
export function journalOf(home: WharfHome): string {
  return join(home.locations.dataFolder, 'journal', 'journal.db');
}

/** Rows of a query, read beside whoever writes. */
export function journalRows(home: WharfHome, sql: string): readonly Row[] {
  const database = new DatabaseSync(journalOf(home), { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

/** All that the journal says, as text: in its file a value may lie in two pieces. */
export function journalText(home: WharfHome): string {
  const tables = journalRows(home, "SELECT name FROM sqlite_schema WHERE type = 'table'").map(({ name }) => String(name));
  const values = tables.flatMap((table) => journalRows(home, `SELECT * FROM ${table}`)).flatMap((row) => Object.values(row));
  return values.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : String(value))).join('\n');
}
