import type { CatalogEntry } from './entry.ts';
import { wordsOf, wordsOfName } from './words.ts';

/** What of a server is searched. */
export type Searchable = Pick<CatalogEntry, 'name' | 'title' | 'description' | 'tools'>;

/** The best ones first, at most `limit`; nothing for words that nothing has. */
export type Search<Entry extends Searchable> = (words: string, limit: number) => readonly Entry[];

/** How often a word counts by where it is, as in Docker's own search. */
const weights = { name: 4, title: 3, tool: 2, description: 1 };

/** The usual constants of BM25: how soon a word that is repeated says nothing more, and how much long texts count less. */
const [saturation, lengths] = [1.2, 0.75];
/** A word that only begins with what was typed says less than the word itself. */
const prefixShare = 0.6;

/** The servers that have a word, and how much of it. */
interface Postings {
  readonly entries: number[];
  readonly counts: number[];
}

/**
 * Indexes servers for a search by words, ranked by BM25 over their weighted fields. The last word may be the beginning of one;
 * capitals do not count; whose name is just what was typed comes first, and equals come by their names.
 */
export function searchOf<Entry extends Searchable>(entries: readonly Entry[]): Search<Entry> {
  const index = new Map<string, Postings>();
  const sizes = entries.map((entry, at) => addEntry(index, entry, at));
  const averageSize = sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, sizes.length);
  const scale = sizes.map((size) => saturation * (1 - lengths + (lengths * size) / Math.max(1, averageSize)));
  const names = entries.map(({ name }) => wordsOf(name).join(' '));
  let sorted: readonly string[] | undefined;

  /** What each server gains by a word; where several words begin with it, by the best of them. */
  const gainsOf = (word: string, isLast: boolean): ReadonlyMap<number, number> => {
    sorted ??= isLast ? [...index.keys()].sort() : undefined;
    const gains = new Map<number, number>();
    for (const term of isLast && sorted !== undefined ? beginningWith(sorted, word) : [word]) {
      const postings = index.get(term);
      const share = term === word ? 1 : prefixShare;
      const rarity =
        postings === undefined ? 0 : Math.log(1 + (entries.length - postings.entries.length + 0.5) / (postings.entries.length + 0.5));
      postings?.entries.forEach((entry, at) => {
        const count = postings.counts[at] ?? 0;
        const gain = (share * rarity * count * (saturation + 1)) / (count + (scale[entry] ?? saturation));
        gains.set(entry, Math.max(gains.get(entry) ?? 0, gain));
      });
    }
    return gains;
  };

  return (text, limit) => {
    const words = [...new Set(wordsOf(text))];
    const scores = new Map<number, { score: number; words: number }>();
    words.forEach((word, at) => {
      for (const [entry, gain] of gainsOf(word, at === words.length - 1)) {
        const before = scores.get(entry);
        scores.set(entry, { score: (before?.score ?? 0) + gain, words: (before?.words ?? 0) + 1 });
      }
    });
    const typed = wordsOf(text).join(' ');
    return [...scores]
      .map(([entry, found]) => ({
        entry,
        isExact: names[entry] === typed,
        name: entries[entry]?.name ?? '',
        score: (found.score * found.words) / words.length,
      }))
      .sort((a, b) => Number(b.isExact) - Number(a.isExact) || b.score - a.score || compared(a.name, b.name))
      .slice(0, Math.max(0, limit))
      .flatMap(({ entry }) => entries[entry] ?? []);
  };
}

/** Adds the words of a server, and returns how many it has, by weight. */
function addEntry(index: Map<string, Postings>, { name, title, description, tools }: Searchable, at: number): number {
  let size = 0;
  const add = (words: readonly string[], weight: number): void => {
    size += words.length * weight;
    for (const word of words) {
      let postings = index.get(word);
      if (postings === undefined) {
        postings = { entries: [], counts: [] };
        index.set(word, postings);
      }
      const last = postings.entries.length - 1;
      if (postings.entries[last] === at) {
        postings.counts[last] = (postings.counts[last] ?? 0) + weight;
      } else {
        postings.entries.push(at);
        postings.counts.push(weight);
      }
    }
  };
  add(wordsOf(name), weights.name);
  add(wordsOf(title), weights.title);
  for (const tool of tools) {
    add(wordsOfName(tool.name), weights.tool);
  }
  add(wordsOf(description), weights.description);
  return size;
}

/** The words of a sorted list that begin with another, by bisection. */
function beginningWith(sorted: readonly string[], beginning: string): readonly string[] {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? '') < beginning) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  let end = from;
  while (sorted[end]?.startsWith(beginning) === true) {
    end += 1;
  }
  return sorted.slice(from, end);
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
