import { isDigest, parseImageName, type ImageName } from '../provenance/imageName.ts';
import { parsePackageReference, type PackageKind, type PackageReference } from './packageReference.ts';
import { pythonFolder } from './pipReport.ts';

/**
 * The host in the names of images that Wharf builds from packages. There is no such registry: what has this name is never downloaded.
 * Such a reference is `wharf.local/npx/NAME:VERSION@sha256:TREE`, and its digest is the hash of all that was installed (treeText): the
 * same on every computer, where the content id of an image that was built is another on each.
 */
const host = 'wharf.local';

/** Every label of such an image begins with it; the label itself is the reference of the package. */
export const packageLabel = 'wharf.package';
const label = (name: string): string => `${packageLabel}.${name}`;
export const treeLabel = label('tree');

/** The user of a package's server. It owns nothing: its files are another's. */
const runningUser = '65534:65534';

/** The folder in which a server starts. It is in memory, and every image has it: what had to be made here would be root's alone. */
const startFolder = '/tmp';

/** What an image of a package is. */
export interface PackageImage {
  readonly kind: PackageKind;
  readonly name: string;
  readonly version: string;
  /** `sha256:…`, see treeText. */
  readonly tree: string;
}

/** The reference by which profiles name it. */
export function packageImageReference(image: PackageImage): string {
  return `${repositoryOf(image)}:${tagText(image.version)}@${image.tree}`;
}

/** The names that the engine gives it: one by its content, one for people. */
export function engineTags(image: PackageImage): { readonly repository: string; readonly content: string; readonly version: string } {
  return { repository: repositoryOf(image), content: contentTag(image.tree), version: tagText(image.version) };
}

/** Whether a reference is of an image that was, or has to be, built from a package. */
export function isPackageImage(reference: string): boolean {
  return reference.startsWith(`${host}/`);
}

/** The name by which the engine knows an image; every other image is known by its own reference. */
export function engineName(reference: string): string {
  const { repository, digest } = packageName(reference) ?? {};
  return repository === undefined || typeof digest !== 'string' ? reference : `${repository}:${contentTag(digest)}`;
}

/** Where an image of a package comes from, in the engine's form of such things; nothing for any other image. */
export function packageOrigins(reference: string, labels: Readonly<Record<string, string>>): readonly string[] {
  const name = packageName(reference);
  const tree = labels[treeLabel];
  return name === undefined || tree === undefined || !isDigest(tree) ? [] : [`${name.repository}@${tree}`];
}

/** Whether an image that the engine has under the name of a package's image is what the reference says. */
export function isBuiltFor(reference: string, labels: Readonly<Record<string, string>>): boolean {
  const digest = packageName(reference)?.digest ?? null;
  return digest === null || labels[treeLabel] === digest;
}

/** What the labels of an image say of its package; undefined where it was not built from one. */
export function packageOfLabels(
  labels: Readonly<Record<string, string>>,
): { readonly reference: PackageReference; readonly tree: string } | undefined {
  const reference = parsePackageReference(labels[packageLabel] ?? '');
  const tree = labels[treeLabel] ?? '';
  return reference === undefined || !isDigest(tree) ? undefined : { reference, tree };
}

/** The lines by which an engine makes the image from its base and `archive`, a file of the context. The files come last: before them nothing is named. */
export function packageDockerfile(
  image: PackageImage,
  facts: { readonly base: string; readonly program: string; readonly integrity: string; readonly archive: string },
): string {
  const labels = {
    [packageLabel]: `${image.kind}://${image.name}@${image.version}`,
    [treeLabel]: image.tree,
    [label('integrity')]: facts.integrity,
    [label('base')]: facts.base,
  };
  const env =
    image.kind === 'npx' ? { NODE_ENV: 'production' } : { PYTHONPATH: pythonFolder, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' };
  return [
    `FROM ${facts.base}`,
    ...Object.entries(labels).map(([name, value]) => `LABEL ${quoted(name)}=${quoted(value)}`),
    ...Object.entries(env).map(([name, value]) => `ENV ${name}=${quoted(value)}`),
    `WORKDIR ${startFolder}`,
    `USER ${runningUser}`,
    `ENTRYPOINT ${JSON.stringify([facts.program])}`,
    `ADD ${facts.archive} /app/`,
    '',
  ].join('\n');
}

function packageName(reference: string): ImageName | undefined {
  return isPackageImage(reference) ? parseImageName(reference) : undefined;
}

function repositoryOf({ kind, name }: Pick<PackageImage, 'kind' | 'name'>): string {
  const parts = name.split('/').map(
    (part) =>
      part
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'x',
  );
  return [host, kind, ...parts].join('/');
}

function contentTag(tree: string): string {
  return tree.replace(':', '-');
}

/** A tag has `[\w.-]`, up to 128 of them. */
function tagText(version: string): string {
  return version.replace(/[^\w.-]/g, '_').slice(0, 100);
}

/** As a Dockerfile takes a text in quotes: it would put variables in. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/\$/g, '\\$');
}
