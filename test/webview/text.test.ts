import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches, parseFilter } from '../../webview/filter.ts';
import {
  formatBytes,
  formatClock,
  formatDuration,
  formatKilobytes,
  formatMoment,
  plural,
  segments,
  visible,
} from '../../webview/format.ts';
import { jsonTokens, prettyJson } from '../../webview/jsonText.ts';
import { resultBlocks } from '../../webview/mcpResult.ts';
import { call } from './samples.ts';

const sample = call(1, {
  server: 'filesystem',
  tool: 'read_text_file',
  status: 'error',
  client: 'codex-mcp-client 0.169.0',
  profile: 'dev',
});

test('every word of the filter must be in server, tool, client or status', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['', true],
    ['read', true],
    ['READ_text', true],
    ['read filesystem', true],
    ['read memory', false],
    ['0.169', true],
    ['error', true],
    ['dev', false],
    ['profile:dev', true],
    ['server:file', true],
    ['tool:file status:error', true],
    ['tool:filesystem', false],
    ['Status:OK', false],
    ['-status:ok', true],
    ['-read', false],
    ['client:"mcp-client 0.169"', true],
    ['"client 0.1', true],
    ['server:', true],
    ['-', true],
    ['thread:0198', true],
    ['a:b', false],
  ];
  for (const [text, expected] of cases) {
    assert.equal(matches(parseFilter(text), sample), expected, text);
  }
  assert.equal(matches(parseFilter('thread:0'), call(1, { thread: null })), false);
});

test('durations, sizes and counts are short and never show a rounded-up odd form', () => {
  const durations = [0, 0.4, 1, 4.23, 9.96, 12.4, 999.4, 999.6, 1000, 59_940, 59_960, 63_200, 3_599_600, 3_720_000].map(formatDuration);
  assert.deepEqual(durations, [
    '<1 ms',
    '<1 ms',
    '1 ms',
    '4.2 ms',
    '10 ms',
    '12 ms',
    '999 ms',
    '1.0 s',
    '1.0 s',
    '59.9 s',
    '1 min 0 s',
    '1 min 3 s',
    '1 h 0 min',
    '1 h 2 min',
  ]);
  assert.deepEqual([0, 1023, 1024, 1536, 102_400, 1_048_575, 1_048_576, 25_000_000].map(formatBytes), [
    '0 B',
    '1023 B',
    '1 KB',
    '1.5 KB',
    '100 KB',
    '1,024 KB',
    '1 MB',
    '23.8 MB',
  ]);
  assert.equal(formatKilobytes(1_048_576), '1,024 KB');
  assert.deepEqual([plural(1, 'call'), plural(5000, 'call')], ['1 call', '5,000 calls']);
});

test('a time is the local time of day, with the day when it is not today, and nonsense is shown as it came', () => {
  const now = new Date(2026, 7, 22, 18, 0, 0);
  assert.equal(formatClock(new Date(2026, 7, 22, 9, 5, 7).toISOString(), now), '09:05:07');
  assert.equal(formatClock(new Date(2026, 7, 21, 23, 59, 7).toISOString(), now), '08-21 23:59');
  assert.equal(formatMoment(new Date(2026, 7, 22, 9, 5, 7, 42).toISOString()), '2026-08-22 09:05:07.042');
  assert.equal(formatClock('soon\u202e', now), 'soon\\u202e');
});

test('what cannot be seen is escaped, and what can is left alone', () => {
  for (const plain of ['', 'plain\n\ttext', 'a\r\nb', 'naïve Straße 日本語 עברית العربية', '👩‍💻 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣']) {
    assert.equal(visible(plain), plain);
  }
  const escapes = [
    '\u0000',
    '\u001b',
    '\u007f',
    '\u009b',
    '\u00ad',
    '\u061c',
    '\u200b',
    '\u200d',
    '\u200e',
    '\u202e',
    '\u2028',
    '\u2066',
    '\u2069',
    '\u3164',
    '\ufe0f',
    '\ufeff',
    '\ufff9',
    '\ud800',
  ];
  for (const character of escapes) {
    assert.equal(visible(`a${character}b`), `a\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}b`);
  }
  assert.equal(visible('\u{e0041}'), '\\udb40\\udc41');
  assert.equal(visible('a\rb'), 'a\\rb');
  assert.deepEqual(segments('a\u200b\u200bb'), [
    { text: 'a', escaped: false },
    { text: '\\u200b\\u200b', escaped: true },
    { text: 'b', escaped: false },
  ]);
});

test('JSON is cut into tokens that join to the same text, also when it is cut off or faulty', () => {
  const json = prettyJson({ 'a "key"': ['text: \\ "', -1.5e7, true, null, {}], b: '\u2028' });
  const tokens = [...jsonTokens(json)];
  assert.equal(tokens.map(({ text }) => text).join(''), json);
  const kinds = new Map(tokens.map(({ kind, text }) => [text, kind]));
  assert.equal(kinds.get('"a \\"key\\""'), 'key');
  assert.equal(kinds.get('"text: \\\\ \\""'), 'string');
  assert.equal(kinds.get('-15000000'), 'number');
  assert.equal(kinds.get('true'), 'word');
  for (let end = 0; end <= json.length; end++) {
    const cut = json.slice(0, end);
    assert.equal([...jsonTokens(cut)].map(({ text }) => text).join(''), cut);
  }
  assert.equal(prettyJson(undefined), 'null');
});

test('the blocks of a result are its texts in order, with a note for what is not text', () => {
  const content = [
    { type: 'text', text: 'one' },
    { type: 'resource', resource: { uri: 'file:///a', text: 'x' } },
    { type: 'audio', data: 'QUJD', mimeType: 'audio/wav' },
    { type: 'text', text: 'two' },
  ];
  assert.deepEqual(resultBlocks({ content }), [
    { kind: 'text', text: 'one' },
    { kind: 'note', text: 'resource · file:///a' },
    { kind: 'note', text: 'audio · audio/wav · 3 B' },
    { kind: 'text', text: 'two' },
  ]);
  assert.deepEqual(resultBlocks({ code: -32602, message: 'Unknown tool' }), [{ kind: 'text', text: 'Error -32602: Unknown tool' }]);
});
