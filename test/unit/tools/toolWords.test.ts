import assert from 'node:assert/strict';
import { test } from 'node:test';

import { toolLines } from '../../../src/core/tools/toolWords.ts';

test('a tool is shown with its arguments, their types, and which of them it needs', () => {
  const inputSchema = {
    type: 'object',
    properties: {
      text: { type: 'string', description: 'What to add,\nin words.' },
      level: { enum: ['low', 'high'] },
      count: { type: ['integer', 'null'] },
      any: true,
    },
    required: ['text'],
  };
  assert.deepEqual(toolLines({ name: 'add', title: 'Add a note', description: 'Adds one.\nSlowly.', inputSchema }), [
    'add',
    '  Add a note',
    '  Adds one.',
    '  Slowly.',
    'Arguments:',
    '  text (string, required): What to add, in words.',
    '  level (low|high)',
    '  count (integer|null)',
    '  any',
  ]);
});

test('a tool that says nothing of itself is shown all the same', () => {
  assert.deepEqual(toolLines({ name: 'go', inputSchema: { type: 'object' } }), ['go', 'It takes no arguments.']);
});
