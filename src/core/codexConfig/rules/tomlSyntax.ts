import type { TextRange } from '../../../shared/text.ts';
import type { Rule } from './rule.ts';

/** Text that is not TOML: Codex does not start with it. */
export const tomlSyntax: Rule = {
  code: 'toml-syntax',
  check: ({ document }) =>
    document.errors.map((error) => ({
      code: 'toml-syntax',
      severity: 'error',
      message: `${error.message}. Codex refuses the whole file.`,
      range: visible(document.text, error.range),
      fixes: [],
    })),
};

/** An empty range could not be seen in an editor: it takes the character before it, unless that ends a line. */
function visible(text: string, range: TextRange): TextRange {
  const before = text.charAt(range.start - 1);
  const widen = range.start === range.end && before !== '' && before !== '\n';
  return widen ? { start: range.start - 1, end: range.end } : range;
}
