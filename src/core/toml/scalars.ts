import { shorten } from './shorten.ts';
import type { Scanner } from './scanner.ts';
import type { DateTimeNode, InvalidNode, ScalarNode } from './syntax.ts';

const decimal = /^[+-]?(?:0|[1-9](?:_?[0-9])*)$/;
const prefixed = /^0(?:x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|o[0-7](?:_?[0-7])*|b[01](?:_?[01])*)$/;
const float = /^[+-]?(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?$/;
const special = /^([+-]?)(inf|nan)$/;
const date = /^(\d{4})-(\d{2})-(\d{2})$/;
const time = /^(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?$/;
const dateTime = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)([Zz]|[+-]\d{2}:\d{2})?$/;

const word = /[^\s,[\]{}#="']+/y;
const datePrefix = /\d{4}-\d{2}-\d{2}/y;
const timeAfterBlank = / \d{2}:[^\s,[\]{}#="']*/y;

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Reads a value that begins with no quote or bracket; undefined where there is no word at all. */
export function readScalar(scanner: Scanner): ScalarNode | InvalidNode | undefined {
  word.lastIndex = scanner.position;
  if (!word.test(scanner.text)) {
    return undefined;
  }
  let end = word.lastIndex;
  datePrefix.lastIndex = scanner.position;
  if (end - scanner.position === 10 && datePrefix.test(scanner.text)) {
    timeAfterBlank.lastIndex = end;
    end = timeAfterBlank.test(scanner.text) ? timeAfterBlank.lastIndex : end;
  }
  const text = scanner.text.slice(scanner.position, end);
  const start = scanner.position;
  const found = text === 'true' || text === 'false' ? text === 'true' : classify(scanner, text, start);
  if (found === undefined) {
    return { kind: 'invalid', range: scanner.emit('error', end) };
  }
  const range = scanner.emit('scalar', end);
  if (typeof found === 'boolean') {
    return { kind: 'boolean', value: found, range };
  }
  return { ...found, range };
}

type Found =
  | { kind: 'integer'; value: number | bigint }
  | { kind: 'float'; value: number }
  | { kind: 'dateTime'; form: DateTimeNode['form']; value: string };

function classify(scanner: Scanner, text: string, start: number): Found | undefined {
  if (decimal.test(text) || prefixed.test(text)) {
    return integer(scanner, text, start);
  }
  if (float.test(text)) {
    return { kind: 'float', value: Number(text.replaceAll('_', '')) };
  }
  const name = special.exec(text);
  if (name !== null) {
    const size = name[2] === 'inf' ? Infinity : NaN;
    return { kind: 'float', value: name[1] === '-' ? -size : size };
  }
  if (/^\d{4}-\d|^\d{2}:/.test(text)) {
    return moment(scanner, text, start);
  }
  scanner.error('invalid-value', explainWord(text), start, start + text.length);
  return undefined;
}

function explainWord(text: string): string {
  const shown = shorten(text, 40);
  if (/^(?:true|false|inf|nan)$/i.test(text)) {
    return `"${shown}" must be written in lower case`;
  }
  if (/^[+-]?[0-9][0-9_.eE+-]*$/.test(text)) {
    return `"${shown}" is not a number in TOML`;
  }
  return `"${shown}" is not a value; a text needs quotes`;
}

function integer(scanner: Scanner, text: string, start: number): Found {
  const digits = text.replaceAll('_', '');
  const small = Number(digits);
  if (Number.isSafeInteger(small)) {
    return { kind: 'integer', value: small === 0 ? 0 : small };
  }
  const value = digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits.replace('+', ''));
  if (value < int64.min || value > int64.max) {
    scanner.error('number-out-of-range', 'The integer does not fit into 64 bits', start, start + text.length);
  }
  return { kind: 'integer', value };
}

function moment(scanner: Scanner, text: string, start: number): Found | undefined {
  const full = dateTime.exec(text);
  const day = full?.[1] ?? (date.test(text) ? text : undefined);
  const clock = full?.[2] ?? (time.test(text) ? text : undefined);
  const offset = full?.[3];
  const valid =
    (day !== undefined || clock !== undefined) &&
    (day === undefined || isDay(day)) &&
    (clock === undefined || isClock(clock)) &&
    (offset === undefined || isOffset(offset));
  if (!valid) {
    scanner.error('invalid-date', `"${shorten(text, 40)}" is not a date or time that exists`, start, start + text.length);
    return undefined;
  }
  if (clock?.length === 5 && scanner.version === '1.0') {
    scanner.error('needs-toml-1.1', 'A time without seconds needs TOML 1.1', start, start + text.length);
  }
  const clockText = clock?.length === 5 ? `${clock}:00` : clock;
  if (day === undefined) {
    return { kind: 'dateTime', form: 'localTime', value: clockText ?? '' };
  }
  if (clockText === undefined) {
    return { kind: 'dateTime', form: 'localDate', value: day };
  }
  const form = offset === undefined ? 'localDateTime' : 'offsetDateTime';
  return { kind: 'dateTime', form, value: `${day}T${clockText}${offset?.toUpperCase() ?? ''}` };
}

function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day >= 1 && day <= (lengths[month - 1] ?? 0);
}

function isClock(text: string): boolean {
  const [hour = 0, minute = 0, second = 0] = text.split(':').map(Number);
  // RFC 3339 allows the leap second 60.
  return hour <= 23 && minute <= 59 && second < 61;
}

function isOffset(text: string): boolean {
  const [hour = 0, minute = 0] = text.slice(1).split(':').map(Number);
  return text.length === 1 || (hour <= 23 && minute <= 59);
}
