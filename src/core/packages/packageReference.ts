/** Where a package comes from, by the name of the program that would run it: npm's `npx`, or `uvx` of the Python Package Index. */
export type PackageKind = 'npx' | 'uvx';

export interface PackageReference {
  readonly kind: PackageKind;
  /** `@scope/name` or `name`. */
  readonly name: string;
  /** A version, a range such as `^1.2`, or a tag such as `latest`; null takes the newest. */
  readonly version: string | null;
}

const npmName = '(?:@[a-z0-9][a-z0-9._~-]*/)?[a-z0-9][a-z0-9._~-]*';
const npmVersion = '[\\^~]?[A-Za-z0-9][A-Za-z0-9.+-]*';
const pythonName = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
const pythonVersion = '(?:[0-9]+!)?[0-9][A-Za-z0-9.+-]*';

const forms: Readonly<Record<PackageKind, RegExp>> = {
  npx: new RegExp(`^(${npmName})(?:@(${npmVersion}))?$`),
  uvx: new RegExp(`^(${pythonName})(?:(?:@|==)(latest|${pythonVersion}))?$`),
};
const longestReference = 300;

/**
 * Reads `npx://[@SCOPE/]NAME[@VERSION]` and `uvx://NAME[@VERSION]`; undefined for anything else. What npm or pip would take for an
 * option, a path, an address or another name is none: these texts become their arguments.
 */
export function parsePackageReference(text: string): PackageReference | undefined {
  const [, kind, rest = ''] = /^(npx|uvx):\/\/(.+)$/.exec(text) ?? [];
  if ((kind !== 'npx' && kind !== 'uvx') || text.length > longestReference) {
    return undefined;
  }
  const [, name, version] = forms[kind].exec(rest) ?? [];
  if (name === undefined) {
    return undefined;
  }
  return { kind, name: kind === 'uvx' ? pythonNameOf(name) : name, version: version === 'latest' && kind === 'uvx' ? null : (version ?? null) };
}

/** As `parsePackageReference` reads it. */
export function packageReferenceText({ kind, name, version }: PackageReference): string {
  return `${kind}://${name}${version === null ? '' : `@${version}`}`;
}

/** One name for all of its spellings (PEP 503). */
export function pythonNameOf(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
