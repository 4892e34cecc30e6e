import { isAlias, isMap, isScalar, isSeq, type Document, type Node, type YAMLMap } from 'yaml';

import type { Place, Problem } from '../../shared/problem.ts';
import * as problems from '../problems.ts';
import { isBrokenReference } from '../secrets/reference.ts';

/** Thrown by readers of profiles only, to leave a nested reader with one problem. */
export class Unusable extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Looks keys up in a YAML document as Docker's reader does: aliases are followed, null is the same as absent. */
export class YamlReader {
  protected readonly document: Document;
  protected readonly at: (node: Node | null | undefined) => Place;

  constructor(document: Document, at: (node: Node | null | undefined) => Place) {
    this.document = document;
    this.at = at;
  }

  /** What an alias stands for; the node itself otherwise. */
  protected resolved(node: unknown): Node | undefined {
    return isAlias(node) ? node.resolve(this.document) : (node as Node | undefined);
  }

  /** The node of a key; undefined when it is absent or null. */
  protected value(parent: YAMLMap, key: string): Node | undefined {
    const node = this.resolved(parent.get(key, true));
    return isScalar(node) && node.value === null ? undefined : node;
  }

  protected map(node: unknown, what: string, place?: Node): YAMLMap {
    const map = this.resolved(node);
    if (!isMap(map)) {
      throw this.bad(map ?? place, `${what} is not a map of keys`);
    }
    if (map.has('<<')) {
      // A reader of keys would miss what is merged in, such as a closed network.
      throw this.bad(map, 'the merge key "<<" is not supported, write the keys out');
    }
    return map;
  }

  protected optionalMap(parent: YAMLMap, key: string): YAMLMap | undefined {
    const node = this.value(parent, key);
    return node === undefined ? undefined : this.map(node, `"${key}"`);
  }

  protected text(parent: YAMLMap, key: string): string | undefined {
    const node = this.value(parent, key);
    if (node === undefined) {
      return undefined;
    }
    if (isScalar(node) && typeof node.value === 'string' && node.value !== '') {
      return node.value;
    }
    throw this.bad(node, `"${key}" is not a text`);
  }

  /** Docker writes an empty text where nothing was said. */
  protected unlessEmpty(map: YAMLMap, key: string): string | undefined {
    const node = this.value(map, key);
    return isScalar(node) && node.value === '' ? undefined : this.text(map, key);
  }

  /** A text, or a number as it is written. */
  protected scalarText(parent: YAMLMap, key: string): string {
    const node = this.value(parent, key);
    if (isScalar(node) && (typeof node.value === 'string' || typeof node.value === 'number')) {
      return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    }
    throw this.bad(node ?? parent, `"${key}" is not a text`);
  }

  protected texts(parent: YAMLMap, key: string): readonly string[] | null {
    const node = this.value(parent, key);
    if (node === undefined) {
      return null;
    }
    const items = isSeq(node) ? node.items.map((item) => this.resolved(item)) : [undefined];
    return items.map((item) => {
      if (isScalar(item) && typeof item.value === 'string') {
        return item.value;
      }
      throw this.bad(item ?? node, `"${key}" is not a list of texts`);
    });
  }

  /** The entries of a map, with their keys as texts. */
  protected pairs(map: YAMLMap): readonly { readonly name: string; readonly key: Node; readonly value: Node | undefined }[] {
    return map.items.map((pair) => {
      const key = this.resolved(pair.key);
      if (!isScalar(key)) {
        throw this.bad(key ?? map, 'a key is not a text');
      }
      return { name: String(key.value), key, value: this.resolved(pair.value) ?? undefined };
    });
  }

  /** What was meant to be a reference must not reach a server as the text of its variable. */
  protected refuseBrokenReference(node: Node | undefined | null, text: string): void {
    if (isBrokenReference(text)) {
      throw new Unusable(problems.secretReference(text, this.at(node)));
    }
  }

  protected bad(node: Node | undefined | null, detail: string): Unusable {
    return new Unusable(problems.profileShape(this.at(node), detail));
  }
}
