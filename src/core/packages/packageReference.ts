import { parseServerReference, type ServerReference } from '../catalog/serverReference.ts';

/** A package of npm, or of the Python Package Index, by the name of the program that would run it. */
export type PackageReference = Extract<ServerReference, { readonly kind: 'npx' | 'uvx' }>;

/** Where a package comes from. */
export type PackageKind = PackageReference['kind'];

/** Reads `npx://[@SCOPE/]NAME[@VERSION]` and `uvx://NAME[@VERSION]`; undefined for anything else. */
export function parsePackageReference(text: string): PackageReference | undefined {
  const parsed = parseServerReference(text);
  return parsed.ok && (parsed.value.kind === 'npx' || parsed.value.kind === 'uvx') ? withOneName(parsed.value) : undefined;
}

/** As `parsePackageReference` reads it. */
export function packageReferenceText(reference: PackageReference): string {
  return `${reference.kind}://${reference.package}${reference.version === null ? '' : `@${reference.version}`}`;
}

/** A Python package has many spellings (PEP 503), and one image. */
export function withOneName(reference: PackageReference): PackageReference {
  return reference.kind === 'npx' ? reference : { ...reference, package: pythonNameOf(reference.package) };
}

export function pythonNameOf(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
