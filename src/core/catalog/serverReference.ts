import { fail, ok, type Result } from '../../shared/result.ts';
import { visibleText } from '../../shared/visibleText.ts';
import * as problems from '../problems.ts';
import { isImageReference } from '../profile/imageReference.ts';
import { parseRemoteAddress } from '../profile/remoteAddress.ts';
import { isGlob } from './glob.ts';
import { isNpmPackage, isNpmVersion, isPypiPackage, isPypiVersion } from './packageNames.ts';

/** What `--server` names (DESIGN §4). */
export type ServerReference =
  /** Servers of a catalogue of this computer. `globs` are Go's, as in `path.Match`. */
  | { readonly kind: 'catalog'; readonly ref: string; readonly globs: readonly string[] }
  | { readonly kind: 'image'; readonly image: string }
  /** A server of a community registry: `base` is the address before `/servers`. Null is the latest version. */
  | { readonly kind: 'registry'; readonly base: string; readonly server: string; readonly version: string | null }
  | { readonly kind: 'remote'; readonly url: string }
  /** As it was given: relative to the working folder where it is not absolute. */
  | { readonly kind: 'file'; readonly path: string }
  /** Null is the newest version; a tag or a part of a version is what the registry makes of it. */
  | { readonly kind: 'npx' | 'uvx'; readonly package: string; readonly version: string | null };

const longest = 2_048;

/** What a shell, a terminal or a reader of paths could take for something else. Each form allows still less. */
const strange = /["$;<>`|{}]/;
const climbing = /(?:^|[/\\])\.\.(?:[/\\]|$)/;

/** Takes a reference of `--server` apart. Nothing is looked up. */
export function parseServerReference(text: string): Result<ServerReference> {
  const bad = (why: string): Result<ServerReference> => fail(problems.serverReference(text, why));
  if (text.length > longest) {
    return bad(`it has more than ${longest} characters`);
  }
  if (strange.test(text) || visibleText(text) !== text) {
    return bad('it has a character that belongs to a shell, or cannot be seen');
  }
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === '') {
    return bad('it has no form that is known');
  }
  if (rest === '') {
    return bad(`there is nothing behind "${scheme}://"`);
  }
  if (climbing.test(decoded(rest))) {
    return bad('it has ".." in its path');
  }
  const parsed = parseRest(scheme, rest);
  return typeof parsed === 'string' ? bad(parsed) : ok(parsed);
}

/** What it names, or why it names nothing. */
function parseRest(scheme: string, rest: string): ServerReference | string {
  switch (scheme) {
    case 'catalog':
      return catalog(rest);
    case 'docker':
      return isImageReference(rest) ? { kind: 'image', image: rest } : 'that is no reference of an image';
    case 'https':
    case 'http':
      return address(`${scheme}://${rest}`);
    case 'file':
      return /[*?'&]/.test(rest) ? 'a path of a file cannot have such a character' : { kind: 'file', path: rest };
    case 'npx':
      return npmPackage(rest);
    case 'uvx':
      return pypiPackage(rest);
    default:
      return `"${scheme}://" is not known`;
  }
}

function catalog(rest: string): ServerReference | string {
  const slash = rest.lastIndexOf('/');
  const [ref, last] = [rest.slice(0, slash), rest.slice(slash + 1)];
  if (slash === -1 || last === '') {
    return 'behind the catalogue there is no name of a server, such as /github, or /* for all';
  }
  if (!isImageReference(ref) || ref.includes('@')) {
    return `"${ref}" is no catalogue such as mcp/docker-mcp-catalog:latest`;
  }
  const globs = last.split('+');
  const broken = globs.find((glob) => glob === '' || !/^[\w.*?[\]^!\\-]+$/.test(glob) || !isGlob(glob));
  return broken === undefined
    ? { kind: 'catalog', ref, globs }
    : broken === ''
      ? 'a name of a server is empty'
      : `"${broken}" is no name of a server, and no pattern of names`;
}

const registryPath = /^(\/(?:[\w.~-]+\/)*v0(?:\.\d+)?)\/servers(?:\/(.*))?$/;

function address(url: string): ServerReference | string {
  const parsed = parseRemoteAddress(url);
  if (parsed.kind === 'refused') {
    return `the address ${parsed.why}`;
  }
  if (/['()!*\\]/.test(url)) {
    return 'it has a character that belongs to a shell, or cannot be seen';
  }
  const [, path, name] = registryPath.exec(parsed.path) ?? [];
  if (path === undefined) {
    return { kind: 'remote', url };
  }
  const [, server, version = 'latest'] = /^([^/]+(?:\/(?!versions\/)[^/]+)?)(?:\/versions\/([^/]+))?$/.exec(decodedName(name ?? '')) ?? [];
  if (server === undefined || !/^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)?$/.test(server) || !/^[\w.+~-]+$/.test(version)) {
    return 'a server of a registry is named as in /v0/servers/io.github.owner%2Fserver, perhaps with /versions/1.2.3';
  }
  return { kind: 'registry', base: `${parsed.scheme}://${parsed.host}${path}`, server, version: version === 'latest' ? null : version };
}

function npmPackage(rest: string): ServerReference | string {
  const at = rest.indexOf('@', 1);
  const [name, version] = at === -1 ? [rest, 'latest'] : [rest.slice(0, at), rest.slice(at + 1)];
  if (!isNpmPackage(name)) {
    return `"${name}" is no name of an npm package`;
  }
  return isNpmVersion(version)
    ? { kind: 'npx', package: name, version: version === 'latest' ? null : version }
    : `"${version}" is no version, and no tag`;
}

function pypiPackage(rest: string): ServerReference | string {
  const [, name = '', version = 'latest'] = /^([^@=]*)(?:(?:==|@)(.*))?$/s.exec(rest) ?? [];
  if (!isPypiPackage(name)) {
    return `"${name}" is no name of a package of PyPI`;
  }
  return version === 'latest' || isPypiVersion(version)
    ? { kind: 'uvx', package: name, version: version === 'latest' ? null : version }
    : `"${version}" is no version of a package`;
}

function decoded(text: string): string {
  return text.replaceAll(/%2e/gi, '.').replaceAll(/%2f/gi, '/').replaceAll(/%5c/gi, '\\');
}

/** A slash within a name is written as `%2F`; nothing else needs an escape, but for the plus of a version. */
function decodedName(name: string): string {
  return name.replaceAll(/%2f/gi, '/').replaceAll(/%2b/gi, '+');
}
