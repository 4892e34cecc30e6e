/**
 * Characters of a catalogue. Docker's own of 328 servers has 443,000 in YAML and 543,000 in the form that is kept, so about thirty
 * of it fit, or 10,000 servers.
 */
export const longestCatalogue = 16 * 1024 * 1024;
export const longestCatalogueWords = '16 MB';

/**
 * YAML takes a second for each megabyte or two, and several where somebody wants it to. Docker's own fits more than 20 times, and
 * 5,000 servers have 7 million.
 */
export const longestYaml = 10 * 1024 * 1024;
export const longestYamlWords = '10 MB of YAML';

/** Servers of one catalogue. */
export const mostServers = 50_000;

/** Maps and lists in each other. The deepest that a real entry has is 9: a schema of its configuration. */
const deepest = 32;
/** Values of one entry; the largest real one has some hundreds. */
const mostValues = 20_000;

/** Why a value must not go into a profile or a catalogue, as half a sentence; undefined for a sound one. */
export function whyUnsound(value: unknown): string | undefined {
  return new Walk().why(value, deepest);
}

/** Looks at each value once. Plain loops: a catalogue has a million of them, and somebody waits. */
class Walk {
  private left = mostValues;

  why(value: unknown, depth: number): string | undefined {
    this.left -= 1;
    if (this.left < 0) {
      return `it has more than ${mostValues} values`;
    }
    if (typeof value !== 'object' || value === null) {
      return typeof value === 'number' && !Number.isFinite(value) ? 'it has a number that JSON cannot hold' : undefined;
    }
    if (depth === 0) {
      return `it has more than ${deepest} maps and lists in each other`;
    }
    return Array.isArray(value) ? this.whyItems(value, depth) : this.whyKeys(value as Readonly<Record<string, unknown>>, depth);
  }

  private whyItems(items: readonly unknown[], depth: number): string | undefined {
    for (const item of items) {
      const why = this.why(item, depth - 1);
      if (why !== undefined) {
        return why;
      }
    }
    return undefined;
  }

  private whyKeys(map: Readonly<Record<string, unknown>>, depth: number): string | undefined {
    for (const key of Object.keys(map)) {
      if (key === '<<') {
        // A reader of keys would miss what is merged in, such as a closed network.
        return 'the merge key "<<" is not supported, write the keys out';
      }
      if (key === '__proto__') {
        return 'it has a key "__proto__"';
      }
      const why = this.why(map[key], depth - 1);
      if (why !== undefined) {
        return why;
      }
    }
    return undefined;
  }
}
