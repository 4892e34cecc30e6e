import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';

import { dockerJson } from '../../../src/core/profile/dockerJson.ts';
import type { Profile } from '../../../src/core/profile/profile.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import type { Result } from '../../../src/shared/result.ts';
import { sharedData } from '../../support/sharedData.ts';

const named = { id: 'dev', name: 'Dev' };

/** What a profile means, without where it is written. */
function meaning(profile: Result<Profile>): unknown {
  return profile.ok
    ? JSON.parse(JSON.stringify(profile.value, (key, value: unknown) => (key === 'line' ? 0 : value)))
    : profile.problem.message;
}

test("a profile is written as Go's encoder writes Docker's structs: their order, their zero values, sorted maps, escapes", () => {
  const yaml = `
version: 1
servers:
  - snapshot:
      server:
        tools:
          - { name: search, arguments: [{ desc: what, name: q, type: string, optional: false }], annotations: { readOnlyHint: false } }
        type: server
        name: web
        longLived: false
        env: []
        metadata: { tags: [a], category: "R&D <x>" }
        config: [{ type: object, name: web }]
    image: mcp/web:1
    catalog_ref: mcp/docker-mcp-catalog:latest
    config: { zone: eu, "10": 1, "9": { b: [], a: {} } }
    secrets: default
    wharf: { network: none }
    type: image
  - endpoint: https://mcp.example.com/mcp
    tools: []
secrets: { default: { provider: docker-desktop-store } }
`;
  const tool = [
    '{"name":"search","description":"","arguments":[{"name":"q","type":"string","desc":"what"}]',
    '"annotations":{"readOnlyHint":false}',
    '"container":{"image":"","command":null,"volumes":null}',
    '"parameters":{"type":"","properties":null,"required":null}}',
  ].join();
  assert.equal(
    dockerJson(yaml, named),
    [
      '{"version":1,"id":"dev","name":"Dev","servers":[{"type":"image","config":{"10":1,"9":{"a":{},"b":[]},"zone":"eu"}',
      '"secrets":"default","tools":null,"image":"mcp/web:1","catalogRef":"mcp/docker-mcp-catalog:latest"',
      `"snapshot":{"server":{"name":"web","type":"server","image":"","remote":{},"tools":[${tool}]`,
      '"config":[{"name":"web","type":"object"}],"metadata":{"category":"R\\u0026D \\u003cx\\u003e","tags":["a"]}}}',
      '"wharf":{"network":"none"}}',
      '{"type":"remote","tools":[],"endpoint":"https://mcp.example.com/mcp"}]',
      '"secrets":{"default":{"provider":"docker-desktop-store"}}}',
    ].join(),
  );
});

test('what is pushed is written the same way again, and means what the file means, for every server of the catalogue', (t) => {
  const path = sharedData(t, 'mcp-registry/catalog-v3.yaml');
  if (path === undefined) {
    return;
  }
  const { registry } = parse(readFileSync(path, 'utf8')) as { registry: Record<string, Record<string, unknown>> };
  const counts = { read: 0, refused: 0 };
  for (const [name, server] of Object.entries(registry)) {
    const remote = server['remote'] as { readonly url?: string } | undefined;
    const place = remote?.url === undefined ? { image: server['image'] } : { endpoint: remote.url };
    const yaml = stringify({ version: 1, servers: [{ ...place, secrets: 'default', snapshot: { server: { name, ...server } } }] });
    const json = dockerJson(yaml, named);
    const [before, after] = [readProfile(yaml, 'dev.yaml'), readProfile(json, 'dev.yaml')];
    assert.deepEqual(meaning(after), before.ok ? { ...(meaning(before) as object), ...named } : meaning(before), name);
    assert.equal(dockerJson(json, named), json, name);
    counts[before.ok ? 'read' : 'refused']++;
  }
  assert.ok(counts.read > 150, JSON.stringify(counts));
});
