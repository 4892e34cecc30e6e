import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const nobody = 65_534;

/** A folder that is gone after the test. It belongs to whom `asOrdinaryUser` becomes. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-unit-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  if (isRoot()) {
    chownSync(folder, nobody, nobody);
  }
  return folder;
}

/** Permissions mean nothing to root: then `action` runs as another user. */
export async function asOrdinaryUser<T>(action: () => T | Promise<T>): Promise<T> {
  if (!isRoot()) {
    return await action();
  }
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
