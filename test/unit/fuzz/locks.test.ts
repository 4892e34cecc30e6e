import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { driftOf } from '../../../src/core/lock/drift.ts';
import type { ProfileLock } from '../../../src/core/lock/lock.ts';
import { makeLock } from '../../../src/core/lock/makeLock.ts';
import { readLock } from '../../../src/core/lock/readLock.ts';
import { writeLock } from '../../../src/core/lock/writeLock.ts';
import { profileDefaults, type ProfileServer } from '../../../src/core/profile/profile.ts';
import { sha256 } from '../../../src/node/scanning.ts';
import type { McpTool } from '../../../src/shared/mcp.ts';
import { mutated, runs } from '../../support/fuzz.ts';

const hangMs = 3_000;

function lockOf(tools: readonly McpTool[], instructions?: string): ProfileLock {
  const found = [{ name: 'a', image: null, offers: { tools, ...(instructions === undefined ? {} : { instructions }) } }];
  const profile = { ...profileDefaults, id: 'dev', name: 'dev', servers: [{ name: 'a', tools: null } as ProfileServer] };
  return makeLock({ profile, found, before: null, sha256, isClean: () => true });
}

function assertRead(text: string): void {
  const from = performance.now();
  const read = readLock(text, 'dev.lock.yaml', sha256);
  if (read.ok) {
    const again = readLock(writeLock(read.value, 'dev'), 'dev.lock.yaml', sha256);
    assert.deepEqual(again, read, 'what was read is written, and nothing else');
  } else {
    assert.equal(read.problem.code, 'WHARF_LOCK_BROKEN');
  }
  assert.ok(performance.now() - from < hangMs, 'it took too long');
}

const text = fc.string({ unit: 'binary', maxLength: 40 });
const odd = fc.constantFrom(
  '\n',
  ' ',
  '\t',
  '\r',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\u200b',
  '"',
  "'",
  '#',
  ': ',
  '- ',
  '---',
  '|',
  '\\',
  '\ud800',
  '\u{e0041}',
);
const words = fc.array(fc.oneof(text, odd), { maxLength: 8 }).map((parts) => parts.join(''));
const tool = fc.record(
  { name: words, title: words, description: words, inputSchema: fc.jsonValue(), annotations: fc.jsonValue(), extra: fc.jsonValue() },
  { requiredKeys: ['name'] },
) as fc.Arbitrary<McpTool>;

test('whatever a server says, its lock is read as it was made, and differs in nothing from the server', () => {
  fc.assert(
    fc.property(fc.array(tool, { maxLength: 4 }), fc.option(words, { nil: undefined }), (tools, instructions) => {
      const read = readLock(writeLock(lockOf(tools, instructions), 'dev'), 'dev.lock.yaml', sha256);
      assert.ok(read.ok, read.ok ? '' : read.problem.message);
      const offers = { tools, ...(instructions === undefined ? {} : { instructions }) };
      assert.deepEqual(driftOf(read.value, [{ name: 'a', image: null, offers }], sha256), []);
    }),
    runs(300),
  );
});

test('a lock that was sound once is read or refused, never more', () => {
  const seed = writeLock(lockOf([{ name: 't', description: 'Two\nlines.', inputSchema: { type: 'object' } }], 'Use it.'), 'dev');
  const pieces = [
    '&a ',
    '*a',
    '<<: ',
    '- ',
    ': ',
    '{',
    '}',
    '[',
    ']',
    '|',
    '>',
    '? ',
    '---\n',
    '#',
    '"',
    "'",
    '\u0085',
    'tools:',
    '__proto__: ',
    '\n',
    '  ',
  ];
  fc.assert(
    fc.property(mutated([seed, `extra: { a: [1, "x"] }\n${seed}`], pieces), (broken) => assertRead(broken)),
    runs(400),
  );
});

test('bombs are refused at once', () => {
  for (const bomb of [
    'version: 1\nx: &a [*a, *a]\n',
    `version: 1\nx: ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`,
    `version: 1\nservers: ${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}\n`,
    `version: 1\nservers:\n${'- '.repeat(20_000)}\n`,
  ]) {
    assertRead(bomb);
  }
  assertRead(
    `version: 1\nservers:\n  a:\n    tools:\n${Array.from({ length: 5_000 }, (_, n) => `      t${n}: { sha256: ${'a'.repeat(64)} }\n`).join('')}`,
  );
});
