import { diffLines, type DiffLine } from '../lock/lineDiff.ts';

/** Lines around a change that stay the same. */
const shownAround = 2;
const signs = { same: ' ', old: '-', new: '+' } as const;

/** What differs between two texts, line by line: `-` was there, `+` is there now, and a few lines around it. Nothing where they are the same. */
export function changedLines(before: string, after: string): readonly string[] {
  if (before === after) {
    return [];
  }
  const [old, next] = [linesOf(before), linesOf(after)];
  if (before === '' || after === '') {
    return before === '' ? next.map((line) => `+ ${line}`.trimEnd()) : old.map((line) => `- ${line}`.trimEnd());
  }
  const shortest = Math.min(old.length, next.length);
  let start = 0;
  while (start < shortest && old[start] === next[start]) {
    start += 1;
  }
  let end = 0;
  while (end < shortest - start && old.at(-1 - end) === next.at(-1 - end)) {
    end += 1;
  }
  const [first, last] = [Math.max(0, start - shownAround), Math.max(0, end - shownAround)];
  const middle = (lines: readonly string[]): string => lines.slice(first, lines.length - last).join('\n');
  return [...(first > 0 ? ['  …'] : []), ...withSigns(diffLines(middle(old), middle(next))), ...(last > 0 ? ['  …'] : [])];
}

/** The end of a last line is not a line more, and a missing one is shown as no other change is. */
function linesOf(text: string): readonly string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

function withSigns(lines: readonly DiffLine[]): readonly string[] {
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - shownAround), index + shownAround + 1).some(({ kind }) => kind !== 'same'),
  );
  return lines.flatMap(({ kind, text }, index) => {
    if (isNear[index] === true) {
      return [`${signs[kind]} ${text}`.trimEnd()];
    }
    return isNear[index - 1] === true ? ['  …'] : [];
  });
}
