import { dockerHub, parseImageName, type ImageName } from '../provenance/imageName.ts';
import * as problems from '../problems.ts';
import { parseRemoteAddress } from '../profile/remoteAddress.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { builtInCatalogue } from './builtIn.ts';

/** What a catalogue is named by. `ref` is the one form that it is kept and compared by. */
export type CatalogueName =
  | { readonly kind: 'builtIn'; readonly ref: string }
  /** In a registry of OCI artefacts. `reference` is its tag, or its digest where it names one. */
  | { readonly kind: 'artifact'; readonly ref: string; readonly name: ImageName; readonly reference: string }
  | { readonly kind: 'address'; readonly ref: string }
  /** A registry of the community's form, `/v0/servers`. */
  | { readonly kind: 'registry'; readonly ref: string; readonly host: string }
  | { readonly kind: 'path'; readonly ref: string };

const longestRef = 1000;
/** A name with a dot and without a path, or this computer with a port: no artefact that anybody has is named so. */
const bareHost = /^(?:(?:[a-z0-9-]+\.)+[a-z0-9-]+|localhost|\[[0-9a-f:]+\])(?::\d{1,5})?$/i;

/** Reads what a person names a catalogue by. `absolute` makes a path absolute. */
export function catalogueName(text: string, absolute: (path: string) => string): Result<CatalogueName> {
  const why = whyNoName(text);
  if (why !== undefined) {
    return fail(problems.catalogReference(text, why));
  }
  if (text === builtInCatalogue) {
    return ok({ kind: 'builtIn', ref: builtInCatalogue });
  }
  if (/^[a-z]+:\/\//i.test(text)) {
    return addressName(text, absolute);
  }
  if (/^(?:[./~\\]|[a-z]:[\\/])/i.test(text) || /\.(?:ya?ml|json)$/i.test(text)) {
    return ok({ kind: 'path', ref: absolute(text) });
  }
  if (bareHost.test(text) && (/\.|:/.test(text) || text.startsWith('['))) {
    return registryName(`https://${text}`, text);
  }
  const name = parseImageName(text);
  return name === undefined
    ? fail(problems.catalogReference(text, 'names nothing in a registry, no address and no path'))
    : ok(artifactName(name));
}

/** As Docker keeps it: Docker Hub unsaid, and `latest` said. */
function artifactName(name: ImageName): CatalogueName {
  const path = name.host === dockerHub ? name.path.replace(/^library\//, '') : name.repository;
  const tail = name.digest === null ? `:${name.tag ?? 'latest'}` : `@${name.digest}`;
  return { kind: 'artifact', ref: `${path}${tail}`, name, reference: name.digest ?? name.tag ?? 'latest' };
}

function addressName(text: string, absolute: (path: string) => string): Result<CatalogueName> {
  if (text.startsWith('file://')) {
    return ok({ kind: 'path', ref: absolute(text.slice('file://'.length)) });
  }
  if (text.startsWith('oci://')) {
    return catalogueName(text.slice('oci://'.length), absolute);
  }
  const address = parseRemoteAddress(text);
  if (address.kind === 'refused') {
    return fail(problems.catalogReference(text, address.why));
  }
  const { scheme, host, path } = address;
  return /^\/(?:v0(?:\/servers)?)?\/?$/.test(path) ? registryName(text, host) : ok({ kind: 'address', ref: `${scheme}://${host}${path}` });
}

function registryName(text: string, written: string): Result<CatalogueName> {
  const host = written.toLowerCase().replace(/:443$/, '');
  const isLocal = parseRemoteAddress(`http://${host}/`).kind === 'address';
  const address = parseRemoteAddress(`${isLocal ? 'http' : 'https'}://${host}/`);
  return address.kind === 'refused' ? fail(problems.catalogReference(text, address.why)) : ok({ kind: 'registry', ref: host, host });
}

/** A community registry's root, without a slash behind it. Without TLS only on this computer. */
export function registryRoot(host: string): string {
  return `${parseRemoteAddress(`http://${host}/`).kind === 'address' ? 'http' : 'https'}://${host}`;
}

function whyNoName(text: string): string | undefined {
  if (text === '') {
    return 'is empty';
  }
  if (text.length > longestRef) {
    return `is longer than ${longestRef} characters`;
  }
  return Array.from(text).some((character) => character < ' ' || character === '\u007f') ? 'has a control character' : undefined;
}
