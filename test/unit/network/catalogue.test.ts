import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseAllowedHost } from '../../../src/core/network/allowedHost.ts';
import { divideHosts } from '../../../src/core/network/divideHosts.ts';
import { sharedData } from '../../support/sharedData.ts';

interface Entry {
  readonly type: string;
  readonly allowHosts?: readonly string[];
  readonly disableNetwork?: boolean;
  readonly config?: unknown;
}

/** The README states these numbers. */
test("each entry of Docker's catalogue has one network mode: how many declare hosts, want none, stay open, or run elsewhere", (t) => {
  const folder = sharedData(t, 'mcp-registry');
  if (folder === undefined) {
    return;
  }
  const { registry } = parse(readFileSync(join(folder, 'catalog-v3.yaml'), 'utf8')) as { registry: Readonly<Record<string, Entry>> };
  const counts: Record<string, number> = {};
  for (const { type, allowHosts = [], disableNetwork } of Object.values(registry)) {
    const mode = type === 'remote' ? 'remote' : disableNetwork === true ? 'none' : allowHosts.length > 0 ? 'declared' : 'open';
    counts[mode] = (counts[mode] ?? 0) + 1;
  }
  assert.deepEqual(counts, { remote: 76, none: 3, declared: 3, open: 246 });
});

test("the hosts that Docker's catalogue declares can all be enforced, by one proxy each", (t) => {
  const folder = sharedData(t, 'mcp-registry');
  if (folder === undefined) {
    return;
  }
  const { registry } = parse(readFileSync(join(folder, 'catalog-v3.yaml'), 'utf8')) as { registry: Readonly<Record<string, Entry>> };
  for (const [name, { allowHosts = [] }] of Object.entries(registry)) {
    const groups = divideHosts(
      allowHosts.map((text) => parseAllowedHost(text) ?? assert.fail(text)),
      false,
    );
    assert.ok(groups.ok && groups.value.length === 1, name);
  }
});
