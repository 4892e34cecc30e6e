import { isMap, isPair, isScalar, isSeq, parseDocument, visit, type Scalar, type YAMLMap } from 'yaml';

import type { Problem } from '../../shared/problem.ts';
import * as problems from '../problems.ts';
import { utf8Bytes, utf8Text } from '../scan/bytes.ts';
import type { Scanner } from '../scan/scanner.ts';
import { hasAssignedSecret, isLiteralSecret, isMixedSecret, isSecretOption } from './literalValue.ts';

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
    if (typeof name !== 'string' || !isScalar(node) || typeof node.value !== 'string') {
      return;
    }
    if (isLiteralSecret(name, node.value) || isMixedSecret(name, node.value)) {
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
  /** A connection string, a query of an address, and options of a program with what they want behind them. */
  const assigned = (node: Scalar, holder: unknown, at: unknown): void => {
    const before = isSeq(holder) && typeof at === 'number' ? holder.items[at - 1] : undefined;
    const isWanted = isScalar(before) && typeof before.value === 'string' && isSecretOption(before.value, String(node.value));
    if (typeof node.value === 'string' && (isWanted || hasAssignedSecret(node.value))) {
      const [from, to] = rangeOf(node);
      add({ from, to, title: 'a password or a token in a longer text' });
    }
  };
  visit(parseDocument(text, { prettyErrors: false }), {
    Scalar: (key, node, path) => {
      read(node);
      if (key !== 'key' && isSetting(path)) {
        assigned(node, path.at(-1), key);
      }
    },
    Map: (_key, map: YAMLMap) => take(map.get('name'), map.get('value', true)),
    Pair: (_key, { key, value }) => {
      if (isScalar(key) && (key.value === 'env' || key.value === 'headers') && isMap(value)) {
        value.items.forEach((pair) => take(isScalar(pair.key) ? pair.key.value : undefined, pair.value));
      }
    },
  });
  return found;
}

/** Keys whose values go to a server, and are no words about it. */
const settings = ['env', 'config', 'headers', 'endpoint', 'url', 'args', 'command'];

/** Whether a text is one that its server gets. What a catalogue says of its configuration has examples in it. */
function isSetting(path: readonly unknown[]): boolean {
  const keys = path.flatMap((one) => (isPair(one) && isScalar(one.key) ? [String(one.key.value)] : []));
  const isOfSchema = keys.includes('snapshot') && keys.includes('config');
  const isAbout = ['description', 'desc', 'example', 'title', 'readme'].includes(keys.at(-1) ?? '');
  return !isOfSchema && !isAbout && settings.some((key) => keys.includes(key));
}

function rangeOf({ range }: Scalar): readonly [number, number] {
  return range === null || range === undefined ? [0, 0] : [range[0], range[1]];
}
