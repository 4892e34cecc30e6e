import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nodeScanner } from '../../../src/node/scanning.ts';

test('a secret with characters that JSON escapes is found in JSON in JSON in JSON', () => {
  const values = ['k9"x\\Q2/z+m', 'two\nlines\tof it', 'p7é"w\\\\3Ä'];
  const scanner = nodeScanner({ rules: [], secrets: values.map((value, index) => ({ name: `s${index}`, value })) });
  for (const [index, value] of values.entries()) {
    let text = value;
    for (let depth = 0; depth < 4; depth++) {
      const message = JSON.stringify({ content: [{ type: 'text', text }] });
      const hits = scanner.scanJson(Buffer.from(message));
      assert.deepEqual([...new Set(hits.map(({ secret }) => secret))], [`s${index}`], `${depth} levels deep`);
      text = JSON.stringify({ inner: text });
    }
  }
});
