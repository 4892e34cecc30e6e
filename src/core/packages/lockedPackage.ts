import type { PackageReference } from './packageReference.ts';

/** What an installer put into a build container: one package with everything that it needs, each by its version and its hash. */
export interface LockedPackage {
  readonly version: string;
  /** Of the package's own archive, as its registry told it: `sha512-…` (npm), `sha256:…` (Python). */
  readonly integrity: string;
  /** The program to start, as a path in the image. */
  readonly program: string;
  /** `name@version hash`, sorted. */
  readonly tree: readonly string[];
  /** Packages that want to run something when they are installed. */
  readonly withScripts: readonly string[];
  /** The package's own words for itself, or nothing. */
  readonly description: string;
}

/** What is read from an installer may be wrong in a way that a person has to know; `why` is half a sentence. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** The text whose SHA-256 stands for all that was installed: it is the digest of the package's image (see packageImage.ts). */
export function treeText(
  { kind, package: name }: Pick<PackageReference, 'kind' | 'package'>,
  locked: LockedPackage,
  allowScripts: boolean,
): string {
  const head = ['wharf package 1', `${kind}://${name}@${locked.version}`, `scripts ${allowScripts ? 'run' : 'not run'}`];
  return [...head, ...locked.tree, ''].join('\n');
}

/** A name of a program as it may become a part of a path. */
export function isProgramName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/.test(name);
}

const longestDescription = 500;

export function descriptionOf(value: unknown): string {
  return typeof value === 'string' ? value.replace(/\s+/g, ' ').trim().slice(0, longestDescription) : '';
}

type Values = Readonly<Record<string, unknown>>;

export function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseValues(text: string): Values | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isValues(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
