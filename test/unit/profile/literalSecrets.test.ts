import assert from 'node:assert/strict';
import { test } from 'node:test';

import { literalSecrets } from '../../../src/core/profile/literalSecrets.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';

test('a value where a reference belongs is told with its place, and not repeated', () => {
  const value = ['AKIA', 'IOSFODNN7', 'QWERTYZ'].join('');
  const text = `version: 1\n# für alle\nservers:\n  - image: a\n    env: [{ name: KEY, value: ${value} }]\n`;
  const [problem, ...more] = literalSecrets(text, 'dev.yaml', nodeScanner());
  assert.deepEqual(more, []);
  assert.deepEqual([problem?.code, problem?.place], ['WHARF_LITERAL_SECRET', { file: 'dev.yaml', line: 5, column: 31 }]);
  assert.ok(!JSON.stringify(problem).includes(value));
});

test('references, digests and ordinary values are no secrets', () => {
  const text = `version: 1\nservers:\n  - image: mcp/x@sha256:${'0f'.repeat(32)}\n    secrets: [{ name: github.token, env: GITHUB_TOKEN }]\n    env: [{ name: MODE, value: fast }, { name: K, value: secret://other.key }]\n`;
  assert.deepEqual(literalSecrets(text, 'dev.yaml', nodeScanner()), []);
});
