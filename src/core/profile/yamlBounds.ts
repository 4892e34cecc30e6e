import { isAlias, isMap, isScalar, visit, type Document, type Node } from 'yaml';

/** Characters of a profile. One that pins a whole catalogue has a tenth of it. */
export const longestProfile = 4 * 1024 * 1024;
/** YAML aliases can make a small file explode, and the reader looks through the whole document for each; no profile needs many. */
export const aliasLimit = 100;

/** What makes a document unreadable, or too dear to read, although it is YAML. Looks at each node once, where the reader's own check of keys looks at each pair of them. `mostAliases` may be there. */
export function findExcess(
  document: Document | Node,
  mostAliases = aliasLimit,
): { readonly node: Node | undefined; readonly why: string } | undefined {
  let aliases = 0;
  let found: { readonly node: Node | undefined; readonly why: string } | undefined;
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      aliases += 1;
      found = aliases > mostAliases ? { node, why: `It has more than ${mostAliases} aliases.` } : undefined;
    } else if (isMap(node)) {
      const twice = keyTwice(node.items.map(({ key }) => key));
      found = twice === undefined ? undefined : { node: twice, why: 'Map keys must be unique' };
    }
    return found === undefined ? undefined : visit.BREAK;
  });
  return found;
}

function keyTwice(keys: readonly unknown[]): Node | undefined {
  const seen = new Set<unknown>();
  return keys.find((key): key is Node => {
    const value: unknown = isScalar(key) ? key.value : key;
    const isThere = seen.has(value) && value !== '<<';
    seen.add(value);
    return isThere;
  });
}
