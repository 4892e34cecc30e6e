import { homedir } from 'node:os';
import { resolve } from 'node:path';

import { catalogueName, type CatalogueName } from '../../core/catalog/catalogueName.ts';
import type { Result } from '../../shared/result.ts';

/** Reads what a person names a catalogue by. A relative path begins at `folder`. */
export function nameOf(text: string, folder = process.cwd()): Result<CatalogueName> {
  return catalogueName(text, (path) => resolve(folder, path.replace(/^~(?=[\\/]|$)/, homedir())));
}

/** The one form of a reference that a profile or a list names; the text itself where it is none. */
export function refOf(text: string, folder?: string): string {
  const name = nameOf(text, folder);
  return name.ok ? name.value.ref : text;
}
