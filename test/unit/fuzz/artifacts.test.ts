import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { pulledProfile } from '../../../src/cli/pullProfile.ts';
import { isProfileId } from '../../../src/core/profile/profileId.ts';
import { readProfile } from '../../../src/core/profile/read.ts';
import { artifactManifest, profileArtifact } from '../../../src/core/registry/artifact.ts';
import { Artifacts, artifactDigest, layerOf } from '../../../src/node/registry/artifacts.ts';
import { digestOf } from '../../../src/node/registry/digest.ts';
import { readManifest } from '../../../src/node/registry/manifests.ts';
import { RegistryError } from '../../../src/node/registry/registryError.ts';
import { mutated, runs } from '../../support/fuzz.ts';
import { answers, inTime, logins, registryOf } from './strangeRegistry.ts';

const profile = JSON.stringify({
  version: 1,
  id: 'team',
  name: 'Team',
  servers: [
    { type: 'image', image: 'mcp/a:1', tools: null, wharf: { mounts: ['~/notes:/notes'] }, env: [{ name: 'MODE', value: 'fast' }] },
    { type: 'remote', endpoint: 'https://mcp.example.com/mcp', tools: ['search'] },
  ],
});
const content = Buffer.from(profile);
const manifest = artifactManifest(profileArtifact, { digest: digestOf(content), size: content.length });
const words = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'null',
  '1e999',
  '__proto__',
  '\u0000',
  '\\ud800',
  '../',
  '"id":"/etc/x"',
  '<<',
  '*a',
  '&a ',
];

test('whatever a registry has for a manifest, it is refused, or has one layer of JSON and the type that was asked for', () => {
  let read = 0;
  fc.assert(
    fc.property(mutated([manifest], ['"layers":', '"manifests":[]', '"config":', ...words]), (text) => {
      const bytes = Buffer.from(text);
      try {
        const layer = layerOf(readManifest(bytes, digestOf(bytes), null), profileArtifact);
        if (layer.ok) {
          const said = JSON.parse(text) as { artifactType: unknown; layers: readonly unknown[] };
          assert.equal(said.artifactType, profileArtifact);
          assert.match(layer.value.digest, /^sha256:[0-9a-f]{64}$/);
          assert.equal(layer.value.mediaType, 'application/json');
          read++;
        }
      } catch (error) {
        assert.ok(error instanceof RegistryError, String(error));
      }
    }),
    runs(1_000),
  );
  assert.ok(read > 0, 'nothing was read at all: the property says nothing');
});

test('whatever the bytes of a profile are, they are refused, or become a file that is read as the same and has a name', () => {
  let kept = 0;
  fc.assert(
    fc.property(mutated([profile], words), fc.constantFrom(undefined, 'other'), (text, id) => {
      const bytes = Buffer.from(text);
      const pulled = pulledProfile({ digest: digestOf(bytes), content: bytes }, 'registry.example/team/profile', id);
      if (pulled.ok) {
        kept++;
        assert.ok(isProfileId(pulled.value.profile.id));
        assert.deepEqual(readProfile(pulled.value.text, 'x.yaml'), { ok: true, value: pulled.value.profile });
      } else {
        assert.match(
          pulled.problem.code,
          /^WHARF_(?:ARTIFACT_CONTENT|PROFILE_SHAPE|PROFILE_SYNTAX|PULLED_SECRET|SERVER_UNKNOWN|SECRET_REFERENCE|EGRESS_\w+)$/,
        );
      }
    }),
    runs(500),
  );
  assert.ok(kept > 0, 'nothing was kept at all: the property says nothing');
});

test('whatever a registry answers to a push and a pull, nothing is thrown, hangs, or is taken for done that is not', async (t) => {
  const registry = await registryOf(t);
  const repository = { host: registry.host, path: 'team/server' };
  const artifact = { artifactType: profileArtifact, content };
  await fc.assert(
    fc.asyncProperty(answers, fc.constantFrom(...logins), async (list, login) => {
      registry.play(list);
      const client = new Artifacts({ login: () => Promise.resolve(login), patienceMs: 100, firstPauseMs: 1 });
      const { signal } = new AbortController();
      const pushed = await inTime(client.push(repository, '1', artifact, signal));
      assert.ok(pushed.ok ? pushed.value === artifactDigest(artifact) : pushed.problem.code === 'WHARF_PUSH_FAILED');
      const pulled = await inTime(client.pull(repository, '1', profileArtifact, 100_000, signal));
      assert.ok(pulled.ok || ['WHARF_REGISTRY_FAILED', 'WHARF_ARTIFACT_TYPE'].includes(pulled.problem.code));
    }),
    runs(100),
  );
});
