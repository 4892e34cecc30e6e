import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { hiddenTextIn } from '../../../src/core/scan/guard/hiddenText.ts';
import { shadowedTools } from '../../../src/core/scan/guard/shadowedTools.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';
import { root, sharedData } from '../../support/sharedData.ts';

const scanner = nodeScanner();

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|mjs|md|json|ya?ml|toml)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function assertClean(files: readonly string[]): void {
  assert.ok(files.length > 20);
  const found = files.flatMap((file) => {
    const bytes = readFileSync(file);
    const message = Buffer.from(JSON.stringify({ result: { content: [{ type: 'text', text: bytes.toString() }] } }));
    return [...scanner.scanText(bytes), ...scanner.scanJson(message)].map(({ rule, preview }) => `${file}: ${rule} ${preview}`);
  });
  assert.deepEqual(found, []);
}

test("nothing is found in this repository's own sources", () => {
  assertClean(
    ['src', 'test/unit', 'test/gateway', 'test/support', 'docs', 'scripts', 'bench', 'webview'].flatMap((name) =>
      filesIn(join(root, name)),
    ),
  );
});

test('nothing is found in the catalogue, neither a secret nor hidden text nor a tool that shadows another', (t) => {
  const folder = sharedData(t, 'mcp-registry');
  if (folder === undefined) {
    return;
  }
  assertClean(filesIn(folder));
  const servers = filesIn(folder)
    .filter((file) => file.endsWith('tools.json'))
    .map((file) => ({ server: file, tools: JSON.parse(readFileSync(file, 'utf8')) as { name: string; description?: string }[] }));
  assert.deepEqual(
    servers.flatMap(({ tools }) => tools.flatMap(({ description }) => hiddenTextIn(description ?? ''))),
    [],
  );
  assert.deepEqual(
    shadowedTools(servers).filter(({ how }) => how === 'describes'),
    [],
  );
});
