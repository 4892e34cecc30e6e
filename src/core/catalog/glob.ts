/*
 * Patterns as in Go's path.Match: `*` any characters but "/", `?` one of them, `[a-z]` and `[^a-z]` one of a class, `\` takes
 * away the meaning of the next one. No regular expression is made of them: a pattern of stars could make one run for ever.
 */

type Part =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'one'; readonly character: string }
  | { readonly kind: 'class'; readonly isNot: boolean; readonly ranges: readonly (readonly [from: string, to: string])[] };

export function isGlob(glob: string): boolean {
  return partsOf(glob) !== undefined;
}

/** Whether a pattern matches the whole name; a broken pattern matches nothing. */
export function matchesGlob(glob: string, name: string): boolean {
  const parts = partsOf(glob);
  return parts !== undefined && matches(parts, Array.from(name));
}

/** The names that any of the patterns matches, in the order of `names`, and the patterns that match none. */
export function matchNames(
  globs: readonly string[],
  names: readonly string[],
): { readonly names: readonly string[]; readonly unmatched: readonly string[] } {
  const found = new Set<string>();
  const unmatched = globs.filter((glob) => {
    const matching = names.filter((name) => matchesGlob(glob, name));
    matching.forEach((name) => found.add(name));
    return matching.length === 0;
  });
  return { names: names.filter((name) => found.has(name)), unmatched };
}

/** Goes back to the last star only, which is enough, and takes at most the product of both lengths. */
function matches(parts: readonly Part[], name: readonly string[]): boolean {
  let [part, at, star, starAt] = [0, 0, -1, 0];
  while (at < name.length) {
    const now = parts[part];
    if (now?.kind === 'star') {
      [star, starAt] = [part, at];
      part += 1;
    } else if (now !== undefined && matchesOne(now, name[at] ?? '')) {
      part += 1;
      at += 1;
    } else if (star !== -1 && name[starAt] !== '/') {
      starAt += 1;
      [part, at] = [star + 1, starAt];
    } else {
      return false;
    }
  }
  return parts.slice(part).every(({ kind }) => kind === 'star');
}

function matchesOne(part: Part, character: string): boolean {
  switch (part.kind) {
    case 'one':
      return part.character === character;
    case 'any':
      return character !== '/';
    case 'class':
      return part.ranges.some(([from, to]) => from <= character && character <= to) !== part.isNot;
    case 'star':
      return false;
  }
}

/** Undefined for what Go calls a bad pattern. */
function partsOf(glob: string): readonly Part[] | undefined {
  const characters = Array.from(glob);
  const parts: Part[] = [];
  let at = 0;
  /** One character of a class or of the pattern, with its escape. */
  const literal = (): string | undefined => {
    if (characters[at] === '\\') {
      at += 1;
    }
    return characters[at++];
  };
  while (at < characters.length) {
    const character = characters[at];
    if (character === '*' || character === '?') {
      at += 1;
      parts.push({ kind: character === '*' ? 'star' : 'any' });
    } else if (character === '[') {
      at += 1;
      const isNot = characters[at] === '^';
      at += isNot ? 1 : 0;
      const ranges: (readonly [string, string])[] = [];
      while (characters[at] !== ']' || ranges.length === 0) {
        if (characters[at] === '-' || characters[at] === ']') {
          return undefined;
        }
        const from = literal();
        if (from === undefined || characters[at] === undefined) {
          return undefined;
        }
        let to: string | undefined = from;
        if (characters[at] === '-') {
          at += 1;
          if (characters[at] === '-' || characters[at] === ']') {
            return undefined;
          }
          to = literal();
        }
        if (to === undefined) {
          return undefined;
        }
        ranges.push([from, to]);
      }
      at += 1;
      parts.push({ kind: 'class', isNot, ranges });
    } else {
      const one = literal();
      if (one === undefined) {
        return undefined;
      }
      parts.push({ kind: 'one', character: one });
    }
  }
  return parts;
}
