import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** The checkout's root. */
export const root = join(import.meta.dirname, '..', '..');

const folder = join(root, '..', 'shared', 'data');

/** Where a piece of the shared test data is, or undefined: then the test was skipped by name. In CI a missing folder fails. */
export function sharedData(t: TestContext, name: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) {
    return path;
  }
  if (process.env['CI'] !== undefined) {
    throw new Error(`The test data ../shared/data/${name} is missing.`);
  }
  t.skip(`needs ../shared/data/${name}`);
  return undefined;
}
