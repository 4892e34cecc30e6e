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

const numbers = String.raw`v?(?:\d+!)?\d+(?:\.\d+)*`;
const pre = String.raw`(?:[._-]?(?:alpha|beta|preview|pre|rc|[abc])[._-]?\d*)?`;
const post = String.raw`(?:-\d+|[._-]?(?:post|rev|r)[._-]?\d*)?`;
const dev = String.raw`(?:[._-]?dev[._-]?\d*)?`;
const local = String.raw`(?:\+[a-z0-9]+(?:[._-][a-z0-9]+)*)?`;
const pypiVersion = new RegExp(`^${numbers}${pre}${post}${dev}${local}$`, 'i');

/** PEP 440, with an epoch and a local part, each part at most once. */
export function isPypiVersion(version: string): boolean {
  return version.length <= 255 && pypiVersion.test(version);
}
