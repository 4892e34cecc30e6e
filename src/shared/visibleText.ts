// Built from strings that Node 14 understands: the program `wharf` starts there, to say that it is too old.
const modifiers = '[\\p{Emoji_Modifier}\\ufe0e\\ufe0f]*';
const emoji = `\\p{Extended_Pictographic}${modifiers}(?:\\u200d\\p{Extended_Pictographic}${modifiers})*|[0-9#*]\\ufe0f\\u20e3`;
const invisible = '[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb]';
const plain = /^[\x20-\x7e]*$/;

interface Patterns {
  readonly anyInvisible: RegExp;
  readonly onOneLine: RegExp;
  readonly onLines: RegExp;
}

/** Made when they are needed: that takes a millisecond, and Codex starts a program with this in it for each thread. */
let patterns: Patterns | undefined;

function makePatterns(): Patterns {
  return {
    anyInvisible: new RegExp(invisible, 'u'),
    onOneLine: new RegExp(`(${emoji})|${invisible}`, 'gu'),
    onLines: new RegExp(`(${emoji}|\\r?\\n|\\t)|${invisible}`, 'gu'),
  };
}

/**
 * Text of others as a terminal or a sentence may show it: controls (ANSI escapes too), bidi controls and what
 * else cannot be seen become escapes such as `\u{1b}`. `keepNewlines` leaves line ends and tabs.
 */
export function visibleText(text: string, options: { readonly keepNewlines?: boolean } = {}): string {
  if (plain.test(text)) {
    return text;
  }
  patterns ??= makePatterns();
  const { anyInvisible, onLines, onOneLine } = patterns;
  if (!anyInvisible.test(text)) {
    return text;
  }
  return text.replace(options.keepNewlines === true ? onLines : onOneLine, (found: string, kept: string | undefined) =>
    kept === undefined ? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}` : kept,
  );
}

/** JSON text whose invisible characters are JSON's own escapes: a reader gets the same values, and a terminal nothing to obey. */
export function visibleJson(json: string): string {
  patterns ??= makePatterns();
  if (!patterns.anyInvisible.test(json)) {
    return json;
  }
  return json.replace(patterns.onLines, (found: string, kept: string | undefined) => (kept === undefined ? escaped(found) : kept));
}

/** Each of its UTF-16 units as `\\uXXXX`. */
function escaped(text: string): string {
  return text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
