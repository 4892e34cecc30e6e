import type { CatalogEntry, CatalogueContent } from './entry.ts';
import type { Unusable } from './entryOf.ts';

/** Collects the servers of a catalogue: each name once, and what cannot be used with its reason. */
export class ContentBuilder {
  private readonly entries = new Map<string, CatalogEntry>();
  private readonly skipped: { readonly name: string; readonly why: string }[] = [];

  /** `where` is the line of a file, if there is one. */
  add(name: string, made: CatalogEntry | Unusable, where?: number): void {
    if ('why' in made) {
      this.skip(name, made.why, where);
    } else if (this.entries.has(made.name)) {
      this.skip(made.name, 'it is there twice, and the first one counts', where);
    } else {
      this.entries.set(made.name, made);
    }
  }

  skip(name: string, why: string, where?: number): void {
    this.skipped.push({ name, why: where === undefined ? why : `${why} (line ${where})` });
  }

  content(title: string): CatalogueContent {
    return { title, entries: [...this.entries.values()], skipped: this.skipped };
  }
}
