import assert from 'node:assert/strict';
import { test } from 'node:test';

import { visibleJson, visibleText } from '../../../src/shared/visibleText.ts';

test('what would move the cursor, turn the direction or hide is written out', () => {
  assert.equal(visibleText('a\u001b[2Kb'), 'a\\u{1b}[2Kb');
  assert.equal(visibleText('a\u202eb\u200bc'), 'a\\u{202e}b\\u{200b}c');
  assert.equal(visibleText('a\nb'), 'a\\u{a}b');
  assert.equal(visibleText('a\n\tb\u0007', { keepNewlines: true }), 'a\n\tb\\u{7}');
});

test('text of any language and emoji stay as they are', () => {
  const text = 'Grüße, 日本語, עברית, 👩‍💻 ✔️';
  assert.equal(visibleText(text), text);
});

test('JSON shows what cannot be seen by its own escapes, and means the same', () => {
  const value = { 'a\u202e': ['\u009b31m', '\u001b[2J', '\u{e0041}', 'a\u2028b', 'Grüße 👩‍💻', '\ud800'] };
  const json = visibleJson(JSON.stringify(value, null, 2));
  assert.deepEqual(JSON.parse(json), value);
  assert.doesNotMatch(json, /[\u202e\u009b\u2028]|\u{e0041}/u);
  assert.match(json, /\\u202e[^]*\\u009b31m[^]*\\udb40\\udc41[^]*a\\u2028b[^]*👩‍💻/u);
});
