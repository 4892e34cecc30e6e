import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';

import { connectGateway, disconnectGateway } from '../../../src/core/codexConfig/connect.ts';
import { parseToml } from '../../../src/core/toml/document.ts';
import { applyEdits } from '../../../src/shared/text.ts';
import { mutated, runs } from '../../support/fuzz.ts';
import { sharedData } from '../../support/sharedData.ts';
import { gatewayEntries, sharedConfigs } from '../codexConfig/configs.ts';
import { tomlMarks } from '../toml/marks.ts';

const hangMs = 3_000;
const longest = 8_000;
const words = [
  ...tomlMarks,
  '\\u',
  '\\U0011',
  '[mcp_servers.MCP_DOCKER]\n',
  'mcp_servers.MCP_DOCKER.command = "x"\n',
  'mcp_servers = {}\n',
  '[mcp_servers]\n',
  '__proto__',
  'constructor = 1\n',
  '1979-05-27T07:32:00Z',
  '0x',
  '1_',
  'inf',
  'nan',
];

function seeds(t: TestContext): readonly string[] {
  const suite = sharedData(t, 'toml-test');
  const names = suite === undefined ? [] : readFileSync(join(suite, 'files-toml-1.0.0'), 'utf8').split('\n');
  const ofSuite = names.filter((name) => name.endsWith('.toml')).map((name) => readFileSync(join(suite ?? '', name), 'utf8'));
  return [...[...sharedConfigs(t).values()].map((text) => text.slice(0, longest)), ...ofSuite];
}

test('a configuration that was sound once is read, with its faults, and every byte of it stays', (t) => {
  fc.assert(
    fc.property(mutated(seeds(t), words), (text) => {
      const from = performance.now();
      const document = parseToml(text);
      assert.ok(performance.now() - from < hangMs, 'it took too long');
      assert.equal([...document.tokens].map(({ range }) => text.slice(range.start, range.end)).join(''), text);
      for (const { range } of document.errors) {
        assert.ok(range.start >= 0 && range.start <= range.end && range.end <= text.length);
      }
    }),
    runs(1_500),
  );
});

test('an edit of any file is refused, or proven: it is in the file, alone, and done twice it changes nothing', (t) => {
  let edited = 0;
  fc.assert(
    fc.property(
      mutated(
        [...sharedConfigs(t).values()].map((text) => text.slice(0, longest)),
        words,
      ),
      gatewayEntries,
      (text, entry) => {
        const connected = connectGateway(text, entry, 'config.toml');
        if (!connected.ok) {
          assert.match(connected.problem.code, /^WHARF_/);
          return;
        }
        edited += 1;
        assert.equal(applyEdits(text, connected.value.edits), connected.value.text);
        assert.deepEqual(parseToml(connected.value.text).errors, []);
        const again = connectGateway(connected.value.text, entry, 'config.toml');
        assert.ok(again.ok && again.value.edits.length === 0);
        const gone = disconnectGateway(connected.value.text, entry.name, 'config.toml');
        assert.ok(gone.ok && parseToml(gone.value.text).errors.length === 0);
      },
    ),
    runs(250),
  );
  t.diagnostic(`${edited} files were edited`);
});

const bombs: Readonly<Record<string, string>> = {
  'arrays in arrays': `a = ${'['.repeat(100_000)}`,
  'inline tables in inline tables': `a = ${'{a='.repeat(50_000)}`,
  'a key of fifty thousand parts': `${'a.'.repeat(50_000)}a = 1`,
  'a hundred thousand keys': Array.from({ length: 100_000 }, (_, n) => `k${n} = ${n}`).join('\n'),
  'one key again and again': 'a = 1\n'.repeat(20_000),
  'headers in a row': '[a]\n'.repeat(20_000),
  'a text without an end': `a = """${'\\\n'.repeat(100_000)}`,
  'quotes in a row': '"'.repeat(200_000),
  'digits in a row': `a = ${'1'.repeat(200_000)}`,
  'underscores in a row': `a = 1${'_1'.repeat(100_000)}`,
  'spaces in a row': `a${' '.repeat(300_000)}= 1`,
  'line ends in a row': '\r\n'.repeat(200_000),
};

for (const [what, text] of Object.entries(bombs)) {
  test(`a configuration of ${what} is read in time`, () => {
    const from = performance.now();
    parseToml(text);
    assert.ok(performance.now() - from < hangMs, `it took ${Math.round(performance.now() - from)} ms`);
  });
}
