import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scanChunks } from '../../../src/node/scanFile.ts';
import { nodeScanner } from '../../../src/node/scanning.ts';
import { readCorpus } from '../../support/secretCorpus.ts';
import { sharedData } from '../../support/sharedData.ts';

test('every secret of the corpus is found where it is, by its own rule alone, and nothing in its clean texts', async (t) => {
  const path = sharedData(t, 'secret-corpus.json.gz');
  if (path === undefined) {
    return;
  }
  const corpus = readCorpus(path);
  assert.equal(corpus.length, 60);
  const scanner = nodeScanner();
  for (const { file, kind, start, end, text } of corpus) {
    const bytes = Buffer.from(text);
    const wanted = kind === null ? [] : [{ rule: kind, start, end }];
    const hits = scanner.scanText(bytes).map((hit) => ({
      rule: hit.rule,
      start: bytes.toString('utf8', 0, hit.start).length,
      end: bytes.toString('utf8', 0, hit.end).length,
    }));
    assert.deepEqual(hits, wanted, file);

    const message = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }] } }));
    const inJson = scanner.scanJson(message);
    assert.deepEqual(
      inJson.map(({ rule, pointer }) => ({ rule, pointer })),
      kind === null ? [] : [{ rule: kind, pointer: '/result/content/0/text' }],
      file,
    );

    const scanned = await scanChunks(scanner, toChunks(bytes, 7));
    assert.equal(scanned.kind, 'text');
    const found = scanned.kind === 'text' ? scanned.findings : [];
    assert.deepEqual(
      found.map((finding) => ({ rule: finding.rule, start: finding.start, end: finding.end })),
      wanted,
      file,
    );
  }
});

async function* toChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}
