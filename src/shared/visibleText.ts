// Built from strings that Node 14 understands: the program `wharf` starts there, to say that it is too old.
const modifiers = '[\\p{Emoji_Modifier}\\ufe0e\\ufe0f]*';
const emoji = `\\p{Extended_Pictographic}${modifiers}(?:\\u200d\\p{Extended_Pictographic}${modifiers})*|[0-9#*]\\ufe0f\\u20e3`;
const invisible = '[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb]';
const anyInvisible = new RegExp(invisible, 'u');
const onOneLine = new RegExp(`(${emoji})|${invisible}`, 'gu');
const onLines = new RegExp(`(${emoji}|\\r?\\n|\\t)|${invisible}`, 'gu');

/**
 * Text of others as a terminal or a sentence may show it: controls (ANSI escapes too), bidi controls and what
 * else cannot be seen become escapes such as `\u{1b}`. `keepNewlines` leaves line ends and tabs.
 */
export function visibleText(text: string, options: { readonly keepNewlines?: boolean } = {}): string {
  if (!anyInvisible.test(text)) {
    return text;
  }
  return text.replace(options.keepNewlines === true ? onLines : onOneLine, (found: string, plain: string | undefined) =>
    plain === undefined ? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}` : plain,
  );
}
