export type JsonTokenKind = 'key' | 'string' | 'number' | 'word' | 'punctuation';

export interface JsonToken {
  readonly kind: JsonTokenKind;
  readonly text: string;
}

/** Indented by two spaces. Something that JSON cannot say becomes `null`. */
export function prettyJson(value: unknown): string {
  const json: string | undefined = JSON.stringify(value, null, 2);
  return json ?? 'null';
}

const other = /[^"\w-]+/uy;
const bare = /[\w.+-]+/uy;
const colon = /\s*:/uy;

/** Cuts JSON into tokens whose texts joined are the input; takes cut-off and faulty JSON too. */
export function* jsonTokens(json: string): Generator<JsonToken> {
  let at = 0;
  while (at < json.length) {
    const end = json[at] === '"' ? stringEnd(json, at) : (endOf(bare, json, at) ?? endOf(other, json, at) ?? at + 1);
    yield { kind: kindOf(json, at, end), text: json.slice(at, end) };
    at = end;
  }
}

function kindOf(json: string, start: number, end: number): JsonTokenKind {
  const first = json[start] ?? '';
  if (first === '"') {
    return endOf(colon, json, end) === undefined ? 'string' : 'key';
  }
  if (/[\d-]/u.test(first)) {
    return 'number';
  }
  return /\w/u.test(first) ? 'word' : 'punctuation';
}

/** A loop, because a regular expression keeps a way back for each character of a string of many megabytes. */
function stringEnd(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === '\\') {
      at++;
    } else if (json[at] === '"') {
      return at + 1;
    }
  }
  return json.length;
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
