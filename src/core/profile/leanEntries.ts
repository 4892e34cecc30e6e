import { Pair, visit, YAMLMap, type Document, type Node } from 'yaml';

import type { Place } from '../../shared/problem.ts';
import { builtInCatalogue, builtInEntry, builtInNames } from '../catalog/builtIn.ts';
import type { CatalogEntry, CatalogLookup } from '../catalog/entry.ts';
import * as problems from '../problems.ts';
import type { LookedUp } from './profile.ts';
import { Unusable, YamlReader } from './yamlReader.ts';

/** For those who have a profile's text and no catalogue. */
export const noCatalogues: CatalogLookup = { find: () => 'no catalogue' };

/** Looks up what a lean entry, `catalog_ref` and `name`, leaves to a catalogue. */
export class LeanEntries extends YamlReader {
  /** What was found so far. */
  readonly lookedUp: LookedUp[] = [];
  private readonly catalogs: CatalogLookup;

  constructor(document: Document, at: (node: Node | null | undefined) => Place, catalogs: CatalogLookup) {
    super(document, at);
    this.catalogs = catalogs;
  }

  catalogueOf(entry: YAMLMap): string | undefined {
    return this.text(entry, 'catalog_ref') ?? this.text(entry, 'catalogRef');
  }

  /** The entry with what its catalogue says of it; itself where it says that itself. `index`: its place among the servers. */
  expanded(entry: YAMLMap, index: number): YAMLMap {
    const reference = this.catalogueOf(entry);
    const saysItself = ['image', 'endpoint', 'source', 'snapshot'].some((key) => this.value(entry, key) !== undefined);
    const name = reference === undefined || saysItself ? undefined : this.text(entry, 'name');
    if (reference === undefined || name === undefined) {
      return entry;
    }
    const found = reference === builtInCatalogue ? (builtInEntry(name) ?? 'no entry') : this.catalogs.find(reference, name);
    if (found === 'no catalogue' || found === 'no entry') {
      throw new Unusable(this.notFound(entry, reference, name, found));
    }
    if (found.kind === 'builtIn') {
      return entry;
    }
    this.lookedUp.push({ index, server: found.server, tools: found.onlyTools ?? null });
    return this.joined(entry, found);
  }

  private notFound(entry: YAMLMap, reference: string, name: string, found: 'no catalogue' | 'no entry') {
    const place = this.at(entry);
    if (reference === builtInCatalogue) {
      return problems.unknownServer(place, name, builtInCatalogue, builtInNames);
    }
    return found === 'no entry' ? problems.catalogueLacks(place, name, reference) : problems.catalogueMissing(place, name, reference);
  }

  private joined(entry: YAMLMap, found: Exclude<CatalogEntry, { readonly kind: 'builtIn' }>): YAMLMap {
    const added = this.document.createNode(
      {
        ...(found.kind === 'image' ? { image: found.image } : found.kind === 'remote' ? { endpoint: found.endpoint } : {}),
        ...(found.onlyTools === undefined || this.value(entry, 'tools') !== undefined ? {} : { tools: found.onlyTools }),
        snapshot: { server: found.server },
      },
      { aliasDuplicateObjects: false },
    ) as YAMLMap;
    // Whatever is wrong with it is said at the line of the entry.
    visit(added, (_key, node) => {
      if (!(node instanceof Pair)) {
        (node as Node).range = entry.range ?? null;
      }
    });
    const copy = new YAMLMap();
    copy.range = entry.range ?? null;
    copy.items = [...entry.items, ...added.items];
    return copy;
  }
}
