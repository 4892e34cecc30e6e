/** Made for people: `<1 ms`, `4.2 ms`, `842 ms`, `12.3 s`, `2 min 5 s`, `1 h 2 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1) {
    return '<1 ms';
  }
  if (ms < 9.95 && !Number.isInteger(ms)) {
    return `${ms.toFixed(1)} ms`;
  }
  if (Math.round(ms) < 1000) {
    return `${Math.round(ms)} ms`;
  }
  if (ms < 59_950) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 1 KB is 1,024 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} B`;
  }
  const kilobytes = bytes / 1024;
  if (kilobytes < 1024) {
    return `${trimmed(kilobytes)} KB`;
  }
  return `${trimmed(kilobytes / 1024)} MB`;
}

/** In whole kilobytes: `1,024 KB`. */
export function formatKilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024).toLocaleString('en')} KB`;
}

function trimmed(value: number): string {
  return value < 99.95 ? value.toFixed(1).replace(/\.0$/u, '') : Math.round(value).toLocaleString('en');
}

/** The local time of day; a day other than today's is named before it. */
export function formatClock(iso: string, now: Date): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) {
    return visible(iso);
  }
  const sameDay = time.toDateString() === now.toDateString();
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return sameDay ? clock : `${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock.slice(0, 5)}`;
}

/** Local date and time with milliseconds. */
export function formatMoment(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) {
    return visible(iso);
  }
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const milliseconds = String(time.getMilliseconds()).padStart(3, '0');
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${milliseconds}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `1 call`, `5,000 calls`. */
export function plural(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
}

/** A piece of text as it may be shown; `escaped` pieces stand for characters that cannot be seen. */
export interface Segment {
  readonly text: string;
  readonly escaped: boolean;
}

const invisible = '[[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Bidi_Control}\\p{Default_Ignorable_Code_Point}\\u{FFF9}-\\u{FFFB}]--[\\n\\t]]';
// Emoji that Unicode recommends keep their joiners and selectors, and CRLF is a line end.
const pattern = new RegExp(`(?<plain>\\p{RGI_Emoji}|\\r\\n)|${invisible}`, 'gv');
const anyInvisible = new RegExp(invisible, 'v');

/**
 * Splits text into what can be shown as it is and escapes (`\u202e`) of what cannot be seen or would reorder the
 * text around it: controls (ANSI escapes too), bidi controls, zero-width and other ignorable characters.
 */
export function segments(text: string): readonly Segment[] {
  if (!anyInvisible.test(text)) {
    return [{ text, escaped: false }];
  }
  const parts: { text: string; escaped: boolean }[] = [];
  const add = (piece: string, escaped: boolean): void => {
    const last = parts.at(-1);
    if (last?.escaped === escaped) {
      last.text += piece;
    } else if (piece !== '') {
      parts.push({ text: piece, escaped });
    }
  };
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    add(text.slice(from, match.index), false);
    add(match.groups?.['plain'] ?? escapeOf(match[0]), match.groups?.['plain'] === undefined);
    from = match.index + match[0].length;
  }
  add(text.slice(from), false);
  return parts;
}

/** `segments` as one string. */
export function visible(text: string): string {
  return segments(text)
    .map((segment) => segment.text)
    .join('');
}

function escapeOf(character: string): string {
  if (character === '\r') {
    return '\\r';
  }
  let escape = '';
  for (let index = 0; index < character.length; index++) {
    escape += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
  return escape;
}
