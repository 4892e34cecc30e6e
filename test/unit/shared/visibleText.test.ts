import assert from 'node:assert/strict';
import { test } from 'node:test';

import { visibleText } from '../../../src/shared/visibleText.ts';

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
