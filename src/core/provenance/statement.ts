import { at, isRecord, listOf, textOf } from './json.ts';

/** An attestation: a statement about things that it names by their digests (github.com/in-toto/attestation). */
export interface Statement {
  readonly predicateType: string;
  /** SHA-256 digests of what it speaks of, as `sha256:…`. */
  readonly subjects: readonly string[];
  readonly predicate: unknown;
}

/** The type of an envelope that carries a statement. */
export const statementMediaType = 'application/vnd.in-toto+json';

const statementTypes = new Set(['https://in-toto.io/Statement/v0.1', 'https://in-toto.io/Statement/v1']);

/** Undefined for what is no statement. */
export function readStatement(value: unknown): Statement | undefined {
  const predicateType = textOf(at(value, 'predicateType'));
  if (!isRecord(value) || !statementTypes.has(String(value['_type'])) || predicateType === null) {
    return undefined;
  }
  const subjects = listOf(value['subject']).flatMap((subject) => {
    const digest = textOf(at(subject, 'digest', 'sha256'));
    return digest === null ? [] : [`sha256:${digest}`];
  });
  return { predicateType, subjects, predicate: value['predicate'] };
}

export type StatementKind = 'signature' | 'provenance' | 'sbom' | 'other';

/**
 * `signature` is what `cosign sign` makes since version 3. Whoever signs the provenance of an image vouches for having built it;
 * other statements may as well say that an image is bad, so they are no signature.
 */
export function statementKind(predicateType: string): StatementKind {
  if (predicateType === 'https://sigstore.dev/cosign/sign/v1') {
    return 'signature';
  }
  if (/^https:\/\/slsa\.dev\/provenance\/v(?:0\.\d|1)$/.test(predicateType)) {
    return 'provenance';
  }
  return /^https:\/\/(?:spdx\.dev\/Document|cyclonedx\.org\/)/.test(predicateType) ? 'sbom' : 'other';
}

/** What people want to know of an attestation. */
export interface StatementSummary {
  readonly predicateType: string;
  readonly kind: StatementKind;
  /** Who built it, mostly an address. */
  readonly builder: string | null;
  /** The repository or file that it was built from. */
  readonly source: string | null;
  /** How many things went into the build. */
  readonly materials: number | null;
  readonly sbom: { readonly format: string; readonly packages: number } | null;
}

export function summarizeStatement({ predicateType, predicate }: Statement): StatementSummary {
  const kind = statementKind(predicateType);
  const nothing = { predicateType, kind, builder: null, source: null, materials: null, sbom: null };
  if (kind === 'provenance') {
    return { ...nothing, ...(isRecord(at(predicate, 'buildDefinition')) ? provenanceV1(predicate) : provenanceV02(predicate)) };
  }
  return kind === 'sbom' ? { ...nothing, sbom: summarizeSbom(predicate) } : nothing;
}

type Provenance = Pick<StatementSummary, 'builder' | 'source' | 'materials'>;

/** https://slsa.dev/spec/v0.2/provenance */
function provenanceV02(predicate: unknown): Provenance {
  const materials = listOf(at(predicate, 'materials'));
  return {
    builder: textOf(at(predicate, 'builder', 'id')),
    source: textOf(at(predicate, 'invocation', 'configSource', 'uri')) ?? textOf(at(materials[0], 'uri')),
    materials: materials.length,
  };
}

/** https://slsa.dev/spec/v1.0/provenance; where a build type puts its source is its own matter. */
function provenanceV1(predicate: unknown): Provenance {
  const definition = at(predicate, 'buildDefinition');
  const parameters = at(definition, 'externalParameters');
  const materials = listOf(at(definition, 'resolvedDependencies'));
  const sources = [
    at(parameters, 'workflow', 'repository'),
    at(parameters, 'configSource', 'uri'),
    at(parameters, 'source', 'uri'),
    at(materials[0], 'uri'),
  ];
  return {
    builder: textOf(at(predicate, 'runDetails', 'builder', 'id')),
    source: sources.map(textOf).find((source) => source !== null) ?? null,
    materials: materials.length,
  };
}

function summarizeSbom(predicate: unknown): StatementSummary['sbom'] {
  const spdx = textOf(at(predicate, 'spdxVersion'));
  if (spdx !== null) {
    return { format: spdx.replace('-', ' '), packages: listOf(at(predicate, 'packages')).length };
  }
  if (at(predicate, 'bomFormat') === 'CycloneDX') {
    const version = textOf(at(predicate, 'specVersion'));
    return { format: `CycloneDX${version === null ? '' : ` ${version}`}`, packages: listOf(at(predicate, 'components')).length };
  }
  return null;
}
