import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { parseChallenges } from '../../../src/node/registry/challenge.ts';
import { digestOf } from '../../../src/node/registry/digest.ts';
import { RegistryClient } from '../../../src/node/registry/registryClient.ts';
import { mutated, runs } from '../../support/fuzz.ts';
import { answers, content, descriptor, imageDigest, inTime, logins, mebibyte, registryOf, soundAnswers } from './strangeRegistry.ts';

test('whatever a registry and its token service answer, nothing is thrown, hangs or comes out that has another digest', async (t) => {
  const registry = await registryOf(t);
  const repository = { host: registry.host, path: 'team/server' };
  let read = 0;
  let largest = 0;
  await fc.assert(
    fc.asyncProperty(answers, fc.constantFrom(...logins), fc.constantFrom('tag', imageDigest), async (list, login, reference) => {
      registry.play(list);
      const client = new RegistryClient({ login: () => Promise.resolve(login), patienceMs: 100, firstPauseMs: 1 });
      const { signal } = new AbortController();
      const before = process.memoryUsage().arrayBuffers;
      const manifest = await inTime(client.manifest(repository, reference, signal));
      if (manifest.ok && manifest.value !== null) {
        read++;
        assert.equal(digestOf(manifest.value.bytes), manifest.value.digest);
        assert.ok(reference === 'tag' || manifest.value.digest === reference);
      }
      const blob = await inTime(client.blob(repository, descriptor, 1_000, signal));
      if (blob.ok && blob.value !== null) {
        read++;
        assert.equal(blob.value.toString(), content);
      }
      const referrers = await inTime(client.referrers(repository, imageDigest, signal));
      assert.ok(!referrers.ok || referrers.value.length <= 200);
      for (const result of [manifest, blob, referrers]) {
        assert.ok(result.ok || result.problem.code === 'WHARF_REGISTRY_FAILED');
      }
      largest = Math.max(largest, process.memoryUsage().arrayBuffers - before);
    }),
    {
      ...runs(150),
      examples: [
        [[...soundAnswers], undefined, 'tag'],
        [[...soundAnswers], undefined, imageDigest],
      ],
    },
  );
  assert.ok(read > 0, 'no answer was read at all: the property says nothing');
  // An answer has 4 MB at most, and is held once in pieces and once as a whole; what was let go of waits to be collected.
  assert.ok(largest < 128 * mebibyte, `${Math.round(largest / mebibyte)} MB were held`);
});

test('a login is offered in whatever form, and read in time', () => {
  const header = mutated(
    ['Bearer realm="https://a.example/token",service="s",scope="a:b:c"', 'Basic realm="x", Bearer realm="\\"y"', 'Negotiate abc=='],
    ['"', '\\', ',', '=', ' ', 'a='.repeat(2_000), '\\"'.repeat(2_000)],
  );
  fc.assert(
    fc.property(header, (text) => {
      for (const { scheme } of parseChallenges(text)) {
        assert.match(scheme, /^[^A-Z\s]+$/);
      }
    }),
    runs(1_000),
  );
});
