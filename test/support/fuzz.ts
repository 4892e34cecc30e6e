import * as fc from 'fast-check';

const wanted = Number(process.env['WHARF_FUZZ_RUNS'] ?? '');
const times = Number.isFinite(wanted) && wanted > 0 ? wanted : 1;

/**
 * Parameters of a property that is run so often by default, and `WHARF_FUZZ_RUNS` times as often where that is set. What
 * fails is printed with its seed and path: `{ seed, path }` beside the runs repeats it.
 */
export function runs(numRuns: number): { readonly numRuns: number; readonly endOnFailure?: boolean } {
  return { numRuns: Math.ceil(numRuns * times) };
}

/** One change of a text, by places that are fractions of it. */
type Change =
  | { readonly kind: 'cut' | 'double'; readonly at: number; readonly length: number }
  | { readonly kind: 'put'; readonly at: number; readonly text: string }
  | { readonly kind: 'move'; readonly at: number; readonly length: number; readonly to: number };

const place = fc.double({ min: 0, max: 1, noNaN: true });
const length = fc.oneof(fc.nat(4), fc.nat(60));

function changes(words: readonly string[]): fc.Arbitrary<readonly Change[]> {
  const text = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 6 }));
  return fc.array(
    fc.oneof(
      fc.record({ kind: fc.constantFrom('cut' as const, 'double' as const), at: place, length }),
      fc.record({ kind: fc.constant('put' as const), at: place, text }),
      fc.record({ kind: fc.constant('move' as const), at: place, length, to: place }),
    ),
    { minLength: 0, maxLength: 6 },
  );
}

function changed(text: string, change: Change): string {
  const at = Math.floor(change.at * text.length);
  if (change.kind === 'put') {
    return text.slice(0, at) + change.text + text.slice(at);
  }
  const part = text.slice(at, at + change.length);
  const rest = text.slice(0, at) + text.slice(at + change.length);
  switch (change.kind) {
    case 'cut':
      return rest;
    case 'double':
      return text.slice(0, at) + part + text.slice(at);
    case 'move': {
      const to = Math.floor(change.to * rest.length);
      return rest.slice(0, to) + part + rest.slice(to);
    }
  }
}

/** Texts that were sound once: cut, doubled, moved about, and with words put in that mean something where they do not belong. */
export function mutated(texts: readonly string[], words: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...texts), changes(words)).map(([text, list]) => list.reduce(changed, text));
}

/** The same bytes in pieces of any length. */
export function pieces(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = at + Math.max(1, lengths[turn % Math.max(1, lengths.length)] ?? bytes.length);
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return parts;
}
