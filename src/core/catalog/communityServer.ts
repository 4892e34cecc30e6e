import type { DockerServer } from './entry.ts';
import type { Unusable } from './entryOf.ts';
import { isNpmPackage, isNpmVersion, isPypiPackage, isPypiVersion } from './packageNames.ts';
import { Inputs } from './registryInputs.ts';
import { isValues, textOf, type Values } from './serverShape.ts';

/**
 * A server of a community registry as Docker's gateway takes it (`catalog.TransformToDocker`): its first remote address, else its
 * first image. Where Docker would run a package with `npx` or `uvx` at each start, and so whatever the package registry has by
 * then, it is left to `npx://` and `uvx://`.
 */
export function dockerServerOf(detail: Values, source: string | undefined): DockerServer | Unusable {
  const fullName = textOf(detail, 'name');
  const name = dockerName(fullName);
  const inputs = new Inputs(name);
  const about = {
    name,
    ...filled('title', textOf(detail, 'title')),
    ...filled('description', textOf(detail, 'description')),
    ...filled('icon', iconOf(detail)),
    ...(source === undefined ? {} : { metadata: { registryUrl: source } }),
  };
  const remote = listOf(detail, 'remotes')[0];
  const image = listOf(detail, 'packages').find((one) => registryOf(one) === 'oci' && transportOf(one) === 'stdio');
  if (remote !== undefined) {
    const headers = inputs.headers(listOf(remote, 'headers'));
    const url = inputs.filledIn(textOf(remote, 'url'), remote['variables']);
    const transport = textOf(remote, 'type') || textOf(remote, 'transport_type') || textOf(remote, 'transportType');
    return {
      ...about,
      type: 'remote',
      remote: { url, ...filled('transport_type', transport), ...(Object.keys(headers).length === 0 ? {} : { headers }) },
      ...inputs.declared(),
    };
  }
  if (image !== undefined) {
    return { ...about, type: 'server', image: imageOf(image), ...runOf(image, inputs), ...inputs.declared() };
  }
  return { why: whyNot(listOf(detail, 'packages')) };
}

/** Docker's name for it: `io.github.x/y` is `io-github-x-y`. */
export function dockerName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, '-');
}

/** The maps of a list; a key of another form, or of the registry's older spelling, is the same as none. */
export function listOf(values: Values, ...keys: readonly string[]): readonly Values[] {
  const list = keys.map((key) => values[key]).find((value) => Array.isArray(value));
  return Array.isArray(list) ? list.filter(isValues) : [];
}

function filled(key: string, value: string): Values {
  return value === '' ? {} : { [key]: value };
}

function iconOf(detail: Values): string {
  const icon = listOf(detail, 'icons')[0];
  return icon === undefined ? '' : textOf(icon, 'src');
}

function registryOf(pack: Values): string {
  const said = textOf(pack, 'registryType') || textOf(pack, 'registry_type') || textOf(pack, 'registry_name');
  return said === 'docker' ? 'oci' : said;
}

function identifierOf(pack: Values): string {
  return textOf(pack, 'identifier') || textOf(pack, 'name');
}

/** The oldest pages say nothing of it, and knew no other. */
function transportOf(pack: Values): string {
  return isValues(pack['transport']) ? textOf(pack['transport'], 'type') : 'stdio';
}

/** Characters of what a reference of an image is made of. */
const longestPart = 512;

/** `registryBaseUrl` names the registry where the identifier does not; newer definitions have all in the identifier. */
function imageOf(pack: Values): string {
  const [identifier, version] = [identifierOf(pack), textOf(pack, 'version')];
  const said = textOf(pack, 'registryBaseUrl') || textOf(pack, 'registry_base_url');
  if (identifier.length > longestPart || said.length > longestPart) {
    // No image has such a name, and that is said of it.
    return identifier || said;
  }
  const base = said.replace(/^https:\/\//, '').replace(/\/+$/, '');
  const isHub = base === '' || base === 'docker.io' || base === 'hub.docker.com';
  const isWhole = isHub || /^(?:[^/]*[.:][^/]*|localhost)\//.test(identifier);
  const repository = isWhole ? identifier : `${base}/${identifier}`;
  if (version === '' || /@|:[^/]*$/.test(repository)) {
    return repository;
  }
  return version.startsWith('sha256:') ? `${repository}@${version}` : `${repository}:${version}`;
}

function runOf(pack: Values, inputs: Inputs): Values {
  const command = inputs.words(listOf(pack, 'packageArguments', 'package_arguments'));
  const { volumes, user } = inputs.runtime(listOf(pack, 'runtimeArguments', 'runtime_arguments'));
  const env = inputs.variables(listOf(pack, 'environmentVariables', 'environment_variables'));
  return {
    ...(env.length === 0 ? {} : { env }),
    ...(command.length === 0 ? {} : { command }),
    ...(volumes.length === 0 ? {} : { volumes }),
    ...filled('user', user),
  };
}

function whyNot(packages: readonly Values[]): string {
  const pack = packages.find((one) => packageReference(one) !== undefined);
  if (pack !== undefined) {
    return `it is a package and no image; add it as ${packageReference(pack)}`;
  }
  const kinds = packages.map((one) => registryOf(one) || 'unknown');
  return kinds.length === 0
    ? 'it has neither a package nor an address'
    : `it is a package of a kind that is not run here (${kinds.join(', ').slice(0, 80)})`;
}

/** What it is added as, where there is something; undefined too where its name or version is not one that its registry could have. */
function packageReference(pack: Values): string | undefined {
  const [name, version] = [identifierOf(pack), textOf(pack, 'version')];
  if (transportOf(pack) !== 'stdio') {
    return undefined;
  }
  switch (registryOf(pack)) {
    case 'npm':
      return isNpmPackage(name) && (version === '' || isNpmVersion(version))
        ? `npx://${name}${version === '' ? '' : `@${version}`}`
        : undefined;
    case 'pypi':
      return isPypiPackage(name) && (version === '' || isPypiVersion(version))
        ? `uvx://${name}${version === '' ? '' : `==${version}`}`
        : undefined;
    default:
      return undefined;
  }
}
