import { isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';

import type { Place } from '../../shared/problem.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { findExcess } from '../profile/yamlBounds.ts';
import { Unusable, YamlReader } from '../profile/yamlReader.ts';
import * as problems from '../problems.ts';

/** One line of `catalogs.yaml`: where a catalogue comes from, as it is written. */
export interface ListedSource {
  readonly kind: 'ref' | 'url' | 'path' | 'checkout' | 'community';
  readonly text: string;
  readonly place: Place;
}

const kinds = ['ref', 'url', 'path', 'checkout', 'community'] as const;
const mostSources = 100;

/** Reads `catalogs.yaml`: the catalogues of this computer, the first one first. An empty file lists none. */
export function readSourceList(text: string, file: string): Result<readonly ListedSource[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const syntax = document.errors[0] ?? document.warnings[0];
  if (syntax !== undefined) {
    return fail(problems.catalogOrderBroken(placeOf(syntax.pos[0]), syntax.message));
  }
  const at = (node: Node | null | undefined): Place => placeOf(node?.range?.[0] ?? 0);
  const excess = findExcess(document);
  if (excess !== undefined) {
    return fail(problems.catalogOrderBroken(at(excess.node), excess.why));
  }
  try {
    return ok(new SourceListReader(document, at).read());
  } catch (error) {
    if (error instanceof Unusable) {
      return fail(error.problem);
    }
    throw error;
  }
}

class SourceListReader extends YamlReader {
  read(): readonly ListedSource[] {
    const { contents } = this.document;
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      return [];
    }
    const top = this.map(contents, 'the list of catalogues');
    for (const { name, key } of this.pairs(top)) {
      if (name !== 'version' && name !== 'sources') {
        throw this.bad(key, `it has no setting "${name}", only "sources"`);
      }
    }
    const version = this.value(top, 'version');
    if (version !== undefined && !(isScalar(version) && version.value === 1)) {
      throw this.bad(version, 'only "version: 1" is known');
    }
    const list = this.value(top, 'sources');
    if (list !== undefined && !isSeq(list)) {
      throw this.bad(list, '"sources" is not a list');
    }
    const items = list?.items ?? [];
    if (items.length > mostSources) {
      throw this.bad(list, `it has more than ${mostSources} sources`);
    }
    return items.map((item) => this.source(item as Node));
  }

  private source(item: Node): ListedSource {
    const node = this.resolved(item);
    if (isScalar(node) && typeof node.value === 'string' && node.value !== '') {
      return { kind: 'ref', text: node.value, place: this.at(node) };
    }
    const entry = this.map(item, 'a source');
    const [pair, ...more] = this.pairs(entry);
    const kind = kinds.find((one) => one === pair?.name);
    if (pair === undefined || kind === undefined || more.length > 0) {
      throw this.bad(pair?.key ?? entry, `a source has exactly one of ${kinds.join(', ')}`);
    }
    const text = this.text(entry, kind);
    if (text === undefined) {
      throw this.bad(pair.key, `"${kind}" is empty`);
    }
    return { kind, text, place: this.at(pair.key) };
  }

  protected override bad(node: Node | undefined | null, detail: string): Unusable {
    return new Unusable(problems.catalogOrderBroken(this.at(node), detail));
  }
}
