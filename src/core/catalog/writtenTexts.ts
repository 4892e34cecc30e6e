import { isMap, isScalar, isSeq, type Node } from 'yaml';

const textKeys = ['image', 'user', 'title', 'description', 'name', 'env', 'value', 'version', 'url'];
const listKeys = ['command', 'volumes', 'allowHosts', 'extraHosts'];

/**
 * Where Go's reader wants a text it takes a number as it is written: `user: 1000`, `value: 007`. Makes texts of such numbers
 * and flags in a server's entry, and in what it has one level below.
 */
export function keepTextsAsWritten(node: Node): void {
  if (!isMap(node)) {
    return;
  }
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? key.value : undefined;
    if (typeof name !== 'string') {
      continue;
    }
    if (textKeys.includes(name)) {
      asWritten(value);
    }
    if (isSeq(value) && listKeys.includes(name)) {
      value.items.forEach(asWritten);
    }
    if (isSeq(value) && (name === 'env' || name === 'secrets')) {
      value.items.forEach((item) => keepTextsAsWritten(item as Node));
    }
    if (isMap(value) && (name === 'remote' || name === 'run' || name === 'config' || name === 'about')) {
      keepTextsAsWritten(value);
    }
    if (isMap(value) && (name === 'headers' || name === 'env')) {
      value.items.forEach((pair) => asWritten(pair.value));
    }
  }
}

function asWritten(node: unknown): void {
  if (isScalar(node) && (typeof node.value === 'number' || typeof node.value === 'boolean') && node.source !== undefined) {
    node.value = node.source;
  }
}
