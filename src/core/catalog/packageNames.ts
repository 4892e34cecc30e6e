/** The names that npm takes for new packages (validate-npm-package-name). */
const npmPart = '[a-z0-9~-][a-z0-9._~-]*';
const npmName = new RegExp(`^(?:@${npmPart}/)?${npmPart}$`);
const npmReserved = ['node_modules', 'favicon.ico'];

export function isNpmPackage(name: string): boolean {
  return name.length <= 214 && npmName.test(name) && !name.startsWith('-') && !npmReserved.includes(name.split('/').at(-1) ?? name);
}

/** An exact version, the beginning of one, or a tag. Ranges have marks that belong to shells. */
export function isNpmVersion(version: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,255}$/.test(version);
}

/** PyPA's "Names and normalization". */
export function isPypiPackage(name: string): boolean {
  return name.length <= 214 && /^[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?$/i.test(name);
}

/** PEP 440, with an epoch and a local part. */
export function isPypiVersion(version: string): boolean {
  return (
    version.length <= 255 &&
    /^v?(?:\d+!)?\d+(?:\.\d+)*(?:[._-]?[a-z]+[._-]?\d*)*(?:-\d+)?(?:\+[a-z0-9]+(?:[._-][a-z0-9]+)*)?$/i.test(version)
  );
}
