/**
 * Characters of a catalogue. Docker's own of 328 servers has 443,000 in YAML, so more than 30 of it fit, and with them
 * 10,000 servers; the store's form of 5,000 has about 6 million.
 */
export const longestCatalogue = 16 * 1024 * 1024;
export const longestCatalogueWords = '16 MB';

/** Servers of one catalogue. */
export const mostServers = 50_000;

/** Maps and lists in each other. The deepest that a real entry has is 9: a schema of its configuration. */
const deepest = 32;
/** Values of one entry; the largest real one has some hundreds. */
const mostValues = 20_000;

/** Why a value must not go into a profile or a catalogue, as half a sentence; undefined for a sound one. */
export function whyUnsound(value: unknown): string | undefined {
  let left = mostValues;
  const look = (one: unknown, depth: number): string | undefined => {
    left -= 1;
    if (left < 0) {
      return `it has more than ${mostValues} values`;
    }
    if (typeof one !== 'object' || one === null) {
      return typeof one === 'number' && !Number.isFinite(one) ? 'it has a number that JSON cannot hold' : undefined;
    }
    if (depth === 0) {
      return `it has more than ${deepest} maps and lists in each other`;
    }
    if (Array.isArray(one)) {
      return firstOf(one, (item) => look(item, depth - 1));
    }
    return firstOf(Object.keys(one), (key) => whyNoKey(key) ?? look((one as Readonly<Record<string, unknown>>)[key], depth - 1));
  };
  return look(value, deepest);
}

function whyNoKey(key: string): string | undefined {
  if (key === '<<') {
    // A reader of keys would miss what is merged in, such as a closed network.
    return 'the merge key "<<" is not supported, write the keys out';
  }
  return key === '__proto__' ? 'it has a key "__proto__"' : undefined;
}

function firstOf<Item>(items: readonly Item[], why: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = why(item);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}
