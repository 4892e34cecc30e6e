/** One line of a difference. */
export interface DiffLine {
  readonly kind: 'same' | 'old' | 'new';
  readonly text: string;
}

/** Cells of the table that finds what is common; beyond it a text is shown as replaced. */
const largestTable = 4_000_000;

/** The lines of two texts, with as many as possible in common. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [old, next] = [before.split('\n'), after.split('\n')];
  if (old.length * next.length > largestTable) {
    return [...old.map((text) => ({ kind: 'old', text }) as const), ...next.map((text) => ({ kind: 'new', text }) as const)];
  }
  const common = commonLengths(old, next);
  const at = (i: number, j: number): number => common[i * (next.length + 1) + j] ?? 0;
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < next.length) {
    const [from, to] = [old[i], next[j]];
    if (from !== undefined && from === to) {
      lines.push({ kind: 'same', text: from });
      i += 1;
      j += 1;
    } else if (from !== undefined && (to === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'old', text: from });
      i += 1;
    } else {
      lines.push({ kind: 'new', text: to ?? '' });
      j += 1;
    }
  }
  return lines;
}

/** For each pair of places, how many lines the rests have in common: the textbook's longest common subsequence. */
function commonLengths(old: readonly string[], next: readonly string[]): Uint32Array {
  const width = next.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = next.length - 1; j >= 0; j--) {
      const longer = Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
      common[i * width + j] = old[i] === next[j] ? (common[(i + 1) * width + j + 1] ?? 0) + 1 : longer;
    }
  }
  return common;
}
