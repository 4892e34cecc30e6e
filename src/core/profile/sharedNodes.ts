import { isAlias, isCollection, isMap, isNode, isScalar, isSeq, visit, type Alias, type Document, type Node } from 'yaml';

import type { Path } from './yamlItems.ts';
import { flow, pairOf, type Json, type TextEdit } from './yamlText.ts';

/** The alias that a path leads through, written out: then what it stands for can be changed at this place alone. */
export function writtenOut(document: Document, path: Path): TextEdit | undefined {
  const alias = nodesOn(document, path).find((node) => isAlias(node));
  return alias === undefined ? undefined : writtenAlias(document, alias);
}

/**
 * What others share by an alias with a place that changes, written out where they have it, since they shall stay as they are. A path
 * that ends at something with anchors in it, such as an entry that is removed, takes these with it.
 */
export function sharersWrittenOut(document: Document, path: Path): readonly TextEdit[] {
  const nodes = nodesOn(document, path);
  const last = nodes.length > path.length ? nodes.at(-1) : undefined;
  const anchors = new Set(nodes.flatMap(anchorOf));
  const inside = new Set<unknown>();
  if (last !== undefined) {
    visit(last, (_key, node) => {
      inside.add(node);
      anchorOf(node).forEach((anchor) => anchors.add(anchor));
    });
  }
  const edits: TextEdit[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      const edit = anchors.has(alias.source) && !inside.has(alias) ? writtenAlias(document, alias) : undefined;
      edits.push(...(edit === undefined ? [] : [edit]));
    },
  });
  return edits;
}

/** The nodes that a path leads through, from the top as far as there are any. */
function nodesOn(document: Document, path: Path): readonly Node[] {
  const nodes: Node[] = [];
  let node: unknown = document.contents;
  for (const step of [...path, undefined]) {
    if (!isNode(node)) {
      break;
    }
    nodes.push(node);
    node =
      isMap(node) && typeof step === 'string'
        ? pairOf(node, step)?.value
        : isSeq(node) && step !== undefined
          ? node.items[Number(step)]
          : undefined;
  }
  return nodes;
}

function anchorOf(node: unknown): readonly string[] {
  return (isScalar(node) || isCollection(node)) && node.anchor !== undefined ? [node.anchor] : [];
}

function writtenAlias(document: Document, alias: Alias): TextEdit | undefined {
  const value = (alias.resolve(document) as Node | undefined)?.toJS(document) as Json | undefined;
  return alias.range === undefined || alias.range === null || value === undefined
    ? undefined
    : { from: alias.range[0], to: alias.range[1], text: flow(JSON.parse(JSON.stringify(value)) as Json) };
}
