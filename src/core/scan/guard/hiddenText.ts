/** Characters that a person does not see and a model reads. */
export interface HiddenText {
  readonly rule: 'hidden-tags' | 'hidden-bidi' | 'hidden-zero-width' | 'hidden-variation-selectors' | 'terminal-escapes';
  readonly title: string;
  /** UTF-16 code units of the text. */
  readonly start: number;
  readonly end: number;
  /** How many characters, and for tags what they say. */
  readonly preview: string;
}

export interface HiddenTextOptions {
  /** Colours of a terminal are usual in what a tool answers, and hide nothing. */
  readonly allowColours?: boolean;
}

const anything = new RegExp(String.raw`[\u001b\u009b\u200b-\u200d\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\u{e0000}-\u{e01ef}]`, 'u');
/** A flag of a part of a country: a black flag, its code in tags, and the end of tags (Unicode TR51, ED-14a). */
const tags = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}|([\u{e0000}-\u{e007f}]+)/gu;
const overrides = /[\u202d\u202e]/g;
const embeddings = /[\u202a\u202b\u202c\u2066-\u2069]+/g;
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const zeroWidth = /[\u200b-\u200d\u2060-\u2064\ufeff]+/gu;
const selectors = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]+/gu;
// A control sequence, a string such as a title or a link, or a single escape (ECMA-48). A colour ends with "m", and 8 conceals.
const escapes = new RegExp(String.raw`(?:\u001b\[|\u009b)([0-9;:?<=>]{0,40})([ -/]{0,4}[@-~])|\u001b[\]PX^_]|\u001b`, 'g');
const fewestZeroWidth = 3;
const mostScattered = 16;
/** Of each kind in one text: a text full of them says no more than the first of them. */
const mostFound = 100;

/** Finds hidden characters, and leaves alone what writing needs: emoji, joiners of Persian and Indian scripts, marks of right-to-left text. */
export function hiddenTextIn(text: string, { allowColours = false }: HiddenTextOptions = {}): readonly HiddenText[] {
  if (!anything.test(text)) {
    return [];
  }
  const found = [...tagsIn(text), ...bidiIn(text), ...zeroWidthIn(text), ...selectorsIn(text), ...escapesIn(text, allowColours)];
  return found.sort((a, b) => a.start - b.start);
}

/** The first matches that `isMeant` takes: no list is made of all that a hostile text has. */
function firstMatches(text: string, pattern: RegExp, isMeant: (match: RegExpExecArray) => boolean): readonly RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  for (const match of text.matchAll(pattern)) {
    if (isMeant(match) && found.push(match) === mostFound) {
      break;
    }
  }
  return found;
}

function tagsIn(text: string): readonly HiddenText[] {
  return firstMatches(text, tags, ([, hidden]) => hidden !== undefined).map((match) => {
    const said = Array.from(match[0].slice(0, 1_000), (tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000)).join('');
    const shown = said.replace(/[^\x20-\x7e]/g, '').slice(0, 40);
    return hidden('hidden-tags', 'Text in invisible tag characters', match, `${count(match[0])}: "${shown}"`);
  });
}

function bidiIn(text: string): readonly HiddenText[] {
  const title = 'Characters that turn the order of text';
  let [judgedUntil, misleads] = [0, false];
  const embedded = firstMatches(text, embeddings, ({ index }) => {
    if (index >= judgedUntil) {
      const line = lineAround(text, index);
      judgedUntil = line.end;
      // They belong around a part in the other direction; without right-to-left letters, or left open, they only mislead.
      misleads = !rightToLeft.test(line.text) || !isBalanced(line.text);
    }
    return misleads;
  });
  return [...firstMatches(text, overrides, () => true), ...embedded].map((match) => hidden('hidden-bidi', title, match));
}

const longestLine = 2_000;

function lineAround(text: string, at: number): { readonly text: string; readonly end: number } {
  const [before, behind] = [text.slice(Math.max(0, at - longestLine), at), text.slice(at, at + longestLine)];
  const rest = behind.split('\n', 1)[0] ?? '';
  return { text: (before.split('\n').at(-1) ?? '') + rest, end: at + rest.length };
}

function isBalanced(line: string): boolean {
  const opened = line.match(/[\u202a\u202b\u2066-\u2068]/g)?.length ?? 0;
  const closed = line.match(/[\u202c\u2069]/g)?.length ?? 0;
  return opened === closed;
}

function zeroWidthIn(text: string): readonly HiddenText[] {
  const title = 'Invisible characters of no width';
  const found: HiddenText[] = [];
  let [scattered, start, end] = [0, 0, 0];
  for (const match of text.matchAll(zeroWidth)) {
    if (match[0].length >= fewestZeroWidth) {
      if (found.length < mostFound) {
        found.push(hidden('hidden-zero-width', title, match));
      }
    } else if (!isOfWriting(text, match)) {
      start = scattered++ === 0 ? match.index : start;
      end = match.index + match[0].length;
    }
  }
  if (scattered > mostScattered) {
    found.push({ rule: 'hidden-zero-width', title, start, end, preview: `${scattered} characters` });
  }
  return found;
}

/** Joined emoji, scripts whose letters need joiners, breaks of scripts without spaces, and the byte order mark at the beginning. */
const joined =
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Oriya}\p{Script=Sinhala}\p{Script=Mongolian}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Tibetan}]$/u;

function isOfWriting(text: string, match: RegExpExecArray): boolean {
  return (match.index === 0 && match[0] === '\ufeff') || joined.test(text.slice(Math.max(0, match.index - 2), match.index));
}

function selectorsIn(text: string): readonly HiddenText[] {
  return firstMatches(text, selectors, ([run]) => run.length > 2 || count(run) > 1).map((match) =>
    hidden('hidden-variation-selectors', 'Data in invisible variation selectors', match),
  );
}

function escapesIn(text: string, allowColours: boolean): readonly HiddenText[] {
  const isMeant = ([, parameters, final]: RegExpExecArray): boolean =>
    !(allowColours && final === 'm' && !/(?:^|;)0*8(?:;|$)/.test(parameters ?? ''));
  return firstMatches(text, escapes, isMeant).map((match) => hidden('terminal-escapes', 'Control sequences of a terminal', match));
}

function count(text: string): number {
  return Array.from(text).length;
}

function hidden(rule: HiddenText['rule'], title: string, match: RegExpExecArray, preview = `${count(match[0])} characters`): HiddenText {
  return { rule, title, start: match.index, end: match.index + match[0].length, preview };
}
