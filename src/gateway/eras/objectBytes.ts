import { parseSpan, skipSpace, skipValue, type Span } from '../../node/jsonSpans.ts';
import { asObject, type Json } from './revision.ts';

/*
 * Changes single members of a JSON object that may be large. Values that are not meant keep every byte.
 */

/** One member of an object: its name, where its key begins, and where its value lies. */
export interface Member {
  readonly name: string;
  readonly start: number;
  readonly value: Span;
}

const openBrace = 0x7b;
const closeBrace = 0x7d;
const comma = Buffer.from(',');

/** The members of an object, and where it ends. */
export interface ReadObject {
  readonly members: readonly Member[];
  readonly end: number;
}

/** Reads the object at `from`; undefined when no whole object is there. */
export function readMembers(text: Buffer, from: number): ReadObject | undefined {
  if (text[from] !== openBrace) {
    return undefined;
  }
  const members: Member[] = [];
  let at = skipSpace(text, from + 1);
  while (text[at] !== closeBrace) {
    const keyEnd = text[at] === 0x22 ? skipValue(text, at) : -1;
    const colon = keyEnd === -1 ? -1 : skipSpace(text, keyEnd);
    if (colon === -1 || text[colon] !== 0x3a) {
      return undefined;
    }
    const start = skipSpace(text, colon + 1);
    const end = skipValue(text, start);
    if (end === -1) {
      return undefined;
    }
    members.push({ name: nameOf(text, at, keyEnd), start: at, value: { start, end } });
    at = skipSpace(text, end);
    if (text[at] === 0x2c) {
      at = skipSpace(text, at + 1);
    } else if (text[at] !== closeBrace) {
      return undefined;
    }
  }
  return { members, end: at + 1 };
}

function nameOf(text: Buffer, start: number, end: number): string {
  const raw = text.toString('utf8', start, end);
  try {
    return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  } catch {
    return raw;
  }
}

/**
 * The bytes of `text` from `from`, where an object begins, to its end, with members of that object set to other bytes, or left
 * out (null). What follows the object in `text` comes along. undefined when no whole object is there.
 */
export function withMembers(text: Buffer, from: number, changes: Readonly<Record<string, Buffer | null>>): Buffer[] | undefined {
  const read = readMembers(text, from);
  return read === undefined ? undefined : changeMembers(text, read, changes);
}

/** The same for an object that was read before. */
export function changeMembers(text: Buffer, { members, end }: ReadObject, changes: Readonly<Record<string, Buffer | null>>): Buffer[] {
  const kept = members.filter(({ name }) => !Object.hasOwn(changes, name)).map(({ start, value }) => [text.subarray(start, value.end)]);
  const set = Object.entries(changes).flatMap(([name, value]) =>
    value === null ? [] : [[Buffer.from(`${JSON.stringify(name)}:`), value]],
  );
  const all = [...set, ...kept].flatMap((pieces, index) => (index === 0 ? pieces : [comma, ...pieces]));
  return [Buffer.from('{'), ...all, Buffer.from('}'), text.subarray(end)];
}

/** The bytes of `text` from `from`, where an object begins, to its end, with more members at the object's beginning. */
export function withFirst(text: Buffer, from: number, members: Buffer): Buffer[] {
  const isEmpty = text[skipSpace(text, from + 1)] === closeBrace;
  return [Buffer.from('{'), members, ...(isEmpty ? [] : [comma]), text.subarray(from + 1)];
}

/** The value of bytes that should be one JSON object; undefined when they are not. */
export function parseObject(text: Buffer | undefined): Json | undefined {
  return text === undefined ? undefined : asObject(parseSpan(text, { start: 0, end: text.length }));
}

export function isEmptyObject(text: Buffer): boolean {
  return text[0] === openBrace && text[skipSpace(text, 1)] === closeBrace;
}
