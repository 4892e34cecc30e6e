import { isMap, isScalar, parseDocument, visit, type Scalar, type YAMLMap } from 'yaml';

import type { Problem } from '../../shared/problem.ts';
import * as problems from '../problems.ts';
import { utf8Bytes, utf8Text } from '../scan/bytes.ts';
import type { Scanner } from '../scan/scanner.ts';
import { isLiteralSecret } from './literalValue.ts';

/**
 * What looks like the value of a secret in the text of a profile, each with its place. A profile is committed, exported and pushed,
 * so that only references belong into it; whoever passes one on refuses it with the first of these.
 */
export function literalSecrets(text: string, file: string, scanner: Scanner): readonly Problem[] {
  const bytes = utf8Bytes(text);
  const found = scanner.scanText(bytes).map(({ start, end, title }) => {
    const from = utf8Text(bytes, 0, start).length;
    return { from, to: from + utf8Text(bytes, start, end).length, title };
  });
  const isNew = ({ from, to }: NamedValue): boolean => !found.some((one) => one.from < to && one.to > from);
  return [...found, ...valuesIn(text, scanner).filter(isNew)]
    .toSorted((a, b) => a.from - b.from)
    .map(({ from, title }) => {
      const before = text.slice(0, from);
      const line = before.split('\n').length;
      return problems.literalSecret({ file, line, column: from - before.lastIndexOf('\n') }, title);
    });
}

interface NamedValue {
  readonly from: number;
  readonly to: number;
  readonly title: string;
}

/**
 * Values of variables whose names say that they are secrets: `{ name, value }` of a list, or a pair of a map `env`. And any that is
 * one only when YAML's escapes and folded lines are read, as they are before it is sent.
 */
function valuesIn(text: string, scanner: Scanner): readonly NamedValue[] {
  const found: NamedValue[] = [];
  const add = (value: NamedValue): void => {
    if (!found.some(({ from }) => from === value.from)) {
      found.push(value);
    }
  };
  const take = (name: unknown, node: unknown): void => {
    if (typeof name === 'string' && isScalar(node) && typeof node.value === 'string' && isLiteralSecret(name, node.value)) {
      const [from, to] = rangeOf(node);
      add({ from, to, title: `the value of ${name}` });
    }
  };
  const read = (node: Scalar): void => {
    const [from, to] = rangeOf(node);
    if (typeof node.value === 'string' && node.value !== '' && !text.slice(from, to).includes(node.value)) {
      const [first] = scanner.scanText(utf8Bytes(node.value));
      if (first !== undefined) {
        add({ from, to, title: first.title });
      }
    }
  };
  visit(parseDocument(text, { prettyErrors: false }), {
    Scalar: (_key, node) => read(node),
    Map: (_key, map: YAMLMap) => take(map.get('name'), map.get('value', true)),
    Pair: (_key, { key, value }) => {
      if (isScalar(key) && key.value === 'env' && isMap(value)) {
        value.items.forEach((pair) => take(isScalar(pair.key) ? pair.key.value : undefined, pair.value));
      }
    },
  });
  return found;
}

function rangeOf({ range }: Scalar): readonly [number, number] {
  return range === null || range === undefined ? [0, 0] : [range[0], range[1]];
}
