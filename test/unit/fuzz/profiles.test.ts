import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';

import { readProfile } from '../../../src/core/profile/read.ts';
import { mutated, runs } from '../../support/fuzz.ts';
import { sharedData } from '../../support/sharedData.ts';

/** Far beyond what any of these files takes: whoever needs it hangs. */
const hangMs = 3_000;
/** What Wharf takes from a profile is small; longer texts of the shared files say nothing new. */
const longest = 20_000;

const own = `version: 1
name: dev
servers:
  - image: &image wharf-sample/everything:1
    wharf: { network: declared, cpus: 0.5, memory: 512m, mounts: ["\${workspace}:/work:ro"], tmpfs: [/cache], secretsAs: file }
  - image: *image
    name: two
    tools: [a, b]
  - catalog_ref: builtin
    name: demo
  - endpoint: https://far.example/mcp
    headers: { Authorization: "Bearer \${TOKEN}" }
wharf: { toolNames: prefix, output: block, requireDigest: true }
`;

const words = [
  '&a ',
  '*a',
  '*image',
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
  '!!binary ',
  '!!js/function ',
  '---\n',
  '...\n',
  '%YAML 9.9\n',
  '\t',
  '#',
  '"',
  "'",
  '\u0000',
  '\u0085',
  '\ufeff',
  '~',
  'yes',
  '0x',
  '1e999',
  '.nan',
  'wharf:',
  'servers:',
  'snapshot:',
  'config:',
  'secrets:',
  '__proto__: ',
  'constructor: ',
  '\n',
  '\r',
  '  ',
];

function seeds(t: TestContext): readonly string[] {
  const folder = sharedData(t, 'profiles');
  const files = folder === undefined ? [] : readdirSync(folder).filter((name) => /\.(ya?ml|json)$/.test(name));
  return [own, ...files.map((name) => readFileSync(join(folder ?? '', name), 'utf8').slice(0, longest))];
}

/** Reads it, and proves that it came to an end in time: with a profile, or a problem that has its place. */
function assertRead(text: string): void {
  const from = performance.now();
  const result = readProfile(text, 'dev.yaml');
  assert.ok(performance.now() - from < hangMs, 'it took too long');
  if (!result.ok) {
    assert.match(result.problem.code, /^WHARF_[A-Z_]+$/);
    assert.doesNotMatch(result.problem.message, /\p{Cs}/u);
  }
}

test('a profile that was sound once is read or refused, never more', (t) => {
  fc.assert(
    fc.property(mutated(seeds(t), words), (text) => assertRead(text)),
    runs(250),
  );
});

test('any text at all is read or refused as a profile', () => {
  const piece = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 8 }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (parts) => assertRead(parts.join(''))),
    runs(500),
  );
});

/** Aliases, merges, nesting and long lists, each far beyond a real file. */
const bombs: Readonly<Record<string, string>> = {
  'aliases of aliases': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghijk'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghij'[index]}`).join(',')}]`)
    .join('\n')}\nversion: 1\nservers: *k\n`,
  'an alias of itself': 'version: 1\nservers: &a [*a, *a]\n',
  'a map in itself': 'version: 1\nservers:\n  - &a { image: x, snapshot: *a, wharf: *a }\n',
  'merges of merges': `version: 1\na: &a { x: 1 }\n${Array.from({ length: 500 }, (_, n) => `b${n}: &b${n} { <<: ${n === 0 ? '*a' : `*b${n - 1}`} }`).join('\n')}\nservers: [*b499]\n`,
  'lists in lists': `version: 1\nservers: ${'['.repeat(50_000)}${']'.repeat(50_000)}\n`,
  'maps in maps': `version: 1\nservers: ${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}\n`,
  'dashes in a row': `version: 1\nservers:\n${'- '.repeat(20_000)}\n`,
  'ten thousand servers': `version: 1\nservers:\n${'  - image: x\n'.repeat(10_000)}`,
  'ten thousand anchors': `version: 1\n${Array.from({ length: 10_000 }, (_, n) => `a${n}: &a${n} ${n === 0 ? '1' : `*a${n - 1}`}`).join('\n')}\nservers: [*a9999]\n`,
  'ten thousand keys': `version: 1\n${Array.from({ length: 10_000 }, (_, n) => `a${n}: 1`).join('\n')}\n`,
  'five megabytes': `version: 1\n${'# x\n'.repeat(1_300_000)}`,
  'a text of a megabyte': `version: 1\nservers:\n  - image: "${'x'.repeat(1_000_000)}"\n`,
  'quotes without an end': `version: 1\nservers: "${'\\"'.repeat(200_000)}`,
  'spaces without an end': `version: 1\nservers:${' '.repeat(500_000)}`,
  'comments without an end': `#${'#'.repeat(500_000)}`,
  'colons without an end': ': '.repeat(20_000),
  'question marks without an end': '? '.repeat(20_000),
};

for (const [what, text] of Object.entries(bombs)) {
  test(`a profile of ${what} is read or refused in time`, () => {
    assertRead(text);
  });
}
