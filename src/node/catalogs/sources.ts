import { stat } from 'node:fs/promises';

import { registryRoot, type CatalogueName } from '../../core/catalog/catalogueName.ts';
import { catalogueJson, readCatalogueJson } from '../../core/catalog/catalogueJson.ts';
import type { CatalogueContent } from '../../core/catalog/entry.ts';
import { readCatalogue } from '../../core/catalog/readCatalogue.ts';
import * as problems from '../../core/problems.ts';
import { catalogArtifact } from '../../core/registry/artifact.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Locations } from '../locations.ts';
import { Artifacts } from '../registry/artifacts.ts';
import { registryHost } from '../registry/registryHost.ts';
import { readTextFile } from '../textFile.ts';
import { readCheckout } from './checkout.ts';
import { fetchRegistry } from './communityPages.ts';
import { longestCatalogue, type StoredHeader, type Validators } from './storedFile.ts';
import { fetchDocument, type DocumentRequest } from './webDocument.ts';

/** How a catalogue is fetched. */
export interface Fetching extends Pick<DocumentRequest, 'signal' | 'patienceMs' | 'firstPauseMs'> {
  /** Hears how far it is, in words for a person. */
  onProgress?(words: string): void;
}

/** What a source gave. */
export interface Fetched {
  /** In Docker's words. */
  readonly source: string;
  readonly payload: string;
  readonly content: CatalogueContent;
  readonly validators: Validators | null;
}

type Answer = Result<Fetched | 'not modified'>;

/** Gets a catalogue from where its name leads. `before`: the one that is here, so that it need not be sent again. */
export async function fetchCatalogue(
  locations: Locations,
  name: CatalogueName,
  before: StoredHeader | null,
  fetching: Fetching,
): Promise<Answer> {
  switch (name.kind) {
    case 'builtIn':
      return fail(problems.catalogNotRefreshed(name.ref, 'it is part of Wharf'));
    case 'artifact':
      return fromRegistry(locations, name, before, fetching);
    case 'address':
      return fromAddress(name.ref, before, fetching);
    case 'registry':
      return made(`registry:${name.host}`, await fetchRegistry(registryRoot(name.host), fetching));
    case 'path':
      return fromPath(name.ref, fetching.signal);
  }
}

/** The source of a catalogue that is fetched again, read from its words; undefined for one that was made here. */
export function originOf({ ref, source }: Pick<StoredHeader, 'ref' | 'source'>): string | undefined {
  const [, kind = '', rest = ''] = /^(oci|legacy-catalog|registry|file):(.*)$/s.exec(source) ?? [];
  return kind === '' ? undefined : kind === 'oci' && rest === '' ? ref : rest;
}

async function fromRegistry(
  locations: Locations,
  { ref, name, reference }: Extract<CatalogueName, { readonly kind: 'artifact' }>,
  before: StoredHeader | null,
  { signal, patienceMs, firstPauseMs }: Fetching,
): Promise<Answer> {
  const host = await registryHost(locations);
  if (!host.ok) {
    return host;
  }
  const artifacts = new Artifacts({
    ...host.value,
    ...(patienceMs === undefined ? {} : { patienceMs }),
    ...(firstPauseMs === undefined ? {} : { firstPauseMs }),
  });
  const source = `oci:${ref}`;
  if (before?.source === source) {
    const digest = await artifacts.digest(name, reference, signal);
    if (digest.ok && digest.value === `sha256:${before.digest}`) {
      return ok('not modified');
    }
  }
  const pulled = await artifacts.pull(name, reference, catalogArtifact, longestCatalogue, signal);
  if (!pulled.ok) {
    return pulled;
  }
  if (pulled.value === null) {
    return fail(problems.artifactUnknown(ref, name.host));
  }
  const payload = pulled.value.content.toString('utf8');
  const content = readCatalogueJson(payload, `${ref}@${pulled.value.digest}`);
  return content.ok ? ok({ source, payload, content: content.value, validators: null }) : content;
}

async function fromAddress(address: string, before: StoredHeader | null, fetching: Fetching): Promise<Answer> {
  const source = `legacy-catalog:${address}`;
  const validators = before?.source === source ? before.validators : null;
  const document = await fetchDocument(address, { ...fetching, limit: longestCatalogue, validators });
  if (!document.ok) {
    return document;
  }
  if (document.value === null) {
    return fail(problems.catalogFetchFailed(address, 'there is none'));
  }
  if (document.value === 'not modified') {
    return ok('not modified');
  }
  const read = readCatalogue(document.value.bytes.toString('utf8'), address);
  return made(source, read, document.value.validators);
}

async function fromPath(path: string, signal: AbortSignal): Promise<Answer> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isDirectory() === true) {
    return made(`file:${path}`, await readCheckout(path, signal));
  }
  const file = await readTextFile(path, longestCatalogue);
  if (!file.ok) {
    return file;
  }
  if (file.value.hash === null) {
    return fail(problems.catalogFetchFailed(path, 'there is no such file or folder', 'Correct the path; nothing was written.'));
  }
  return made(`file:${path}`, readCatalogue(file.value.text, path));
}

function made(source: string, content: Result<CatalogueContent>, validators: Validators | null = null): Answer {
  return content.ok ? ok({ source, content: content.value, payload: catalogueJson(content.value), validators }) : content;
}
