import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { readStatement, statementKind, summarizeStatement } from '../../../src/core/provenance/statement.ts';
import { whyNotThisImage } from '../../../src/core/provenance/simpleSigning.ts';
import { parseImageName } from '../../../src/core/provenance/imageName.ts';

function summary(predicateType: string, predicate: unknown): Readonly<Record<string, unknown>> {
  const statement = readStatement({ _type: 'https://in-toto.io/Statement/v0.1', subject: [], predicateType, predicate });
  assert.ok(statement !== undefined);
  const { predicateType: _type, ...rest } = summarizeStatement(statement);
  return rest;
}

const nothing = { builder: null, source: null, materials: null, sbom: null };

test('provenance of both versions says who built what from where', () => {
  assert.deepEqual(
    summary('https://slsa.dev/provenance/v0.2', {
      builder: { id: 'https://ci.example/1' },
      invocation: { configSource: { uri: 'git+https://git.example/x' } },
      materials: [{ uri: 'pkg:docker/a' }, {}],
    }),
    { ...nothing, kind: 'provenance', builder: 'https://ci.example/1', source: 'git+https://git.example/x', materials: 2 },
  );
  // As BuildKit writes it, without a builder of its own.
  assert.deepEqual(
    summary('https://slsa.dev/provenance/v1', {
      buildDefinition: {
        externalParameters: { configSource: { uri: 'https://git.example/x.git#v1' } },
        resolvedDependencies: [{ uri: 'pkg:a' }],
      },
      runDetails: { builder: { id: '' } },
    }),
    { ...nothing, kind: 'provenance', source: 'https://git.example/x.git#v1', materials: 1 },
  );
  assert.deepEqual(summary('https://slsa.dev/provenance/v0.2', { materials: [{ uri: 'pkg:a' }] })['source'], 'pkg:a');
});

test('an SBOM says its format and how many packages it lists', () => {
  const spdx = summary('https://spdx.dev/Document', { spdxVersion: 'SPDX-2.3', packages: [{}, {}, {}] });
  assert.deepEqual(spdx['sbom'], { format: 'SPDX 2.3', packages: 3 });
  const cyclone = summary('https://cyclonedx.org/bom', { bomFormat: 'CycloneDX', specVersion: '1.6', components: [{}] });
  assert.deepEqual(cyclone['sbom'], { format: 'CycloneDX 1.6', packages: 1 });
  assert.equal(summary('https://spdx.dev/Document', 'text')['sbom'], null);
});

test('only what vouches for an image is a signature of it', () => {
  assert.deepEqual(
    [
      'https://sigstore.dev/cosign/sign/v1',
      'https://slsa.dev/provenance/v1',
      'https://slsa.dev/verification_summary/v1',
      'https://openvex.dev/ns',
    ].map(statementKind),
    ['signature', 'provenance', 'other', 'other'],
  );
});

test('whatever JSON somebody signs is a statement or none, and never a failure of ours', () => {
  const image = parseImageName('ghcr.io/team/server');
  assert.ok(image !== undefined);
  const value = fc.oneof(
    fc.jsonValue(),
    fc.record({
      _type: fc.constant('https://in-toto.io/Statement/v1'),
      subject: fc.jsonValue(),
      predicateType: fc.constantFrom('https://slsa.dev/provenance/v1', 'https://slsa.dev/provenance/v0.2', 'https://spdx.dev/Document'),
      predicate: fc.jsonValue(),
    }),
    fc.record({ critical: fc.record({ identity: fc.jsonValue(), image: fc.jsonValue(), type: fc.jsonValue() }) }),
  );
  fc.assert(
    fc.property(value, (json) => {
      const statement = readStatement(json);
      if (statement !== undefined) {
        summarizeStatement(statement);
      }
      assert.notEqual(whyNotThisImage(json, image, `sha256:${'0'.repeat(64)}`, []), undefined);
    }),
  );
});
