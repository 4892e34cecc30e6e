import * as problems from '../core/problems.ts';
import type { Problem } from '../shared/problem.ts';

/** Proves that this Node has SQLite with full-text search, which the daemon keeps its state in. */
export function checkRuntime(): Problem | undefined {
  try {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const database = new DatabaseSync(':memory:');
    database.exec('CREATE VIRTUAL TABLE probe USING fts5(text)');
    database.close();
    return undefined;
  } catch (error) {
    return problems.sqliteMissing(error instanceof Error ? error.message : String(error));
  }
}
