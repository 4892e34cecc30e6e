import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

import type Docker from 'dockerode';

import {
  engineTags,
  packageDockerfile,
  packageLabel,
  packageOfLabels,
  treeLabel,
  type PackageImage,
} from '../../core/packages/packageImage.ts';
import type { PackageReference } from '../../core/packages/packageReference.ts';
import { archiveEnd, archiveHeader, padding } from '../archive.ts';
import { ask, statusOf, tellPatienceMs, workPatienceMs } from '../answers.ts';
import { jsonLines } from '../jsonLines.ts';

/** An image of a package as the engine has it. */
export interface BuiltPackage {
  /** Content id. */
  readonly id: string;
  readonly reference: PackageReference;
  /** `sha256:…`, see treeText. */
  readonly tree: string;
  /** Bytes, with its base. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly created: number;
  /** Whether it has a name: what a build that was killed left has none. */
  readonly isWhole: boolean;
}

export async function listPackageImages(docker: Docker): Promise<readonly BuiltPackage[]> {
  const listed = await ask(tellPatienceMs, (abortSignal) => docker.listImages({ filters: { label: [treeLabel] }, abortSignal }));
  return listed.flatMap(({ Id: id, Labels: labels, Size: size, Created: created, RepoTags: tags }) => {
    const found = packageOfLabels(labels ?? {});
    const isWhole = (tags ?? []).some((tag) => !tag.startsWith('<none>'));
    return found === undefined ? [] : [{ id, ...found, size, created, isWhole }];
  });
}

/** With all its names. One that a container runs from stays, and gives false. */
export async function removeImage(docker: Docker, id: string): Promise<boolean> {
  try {
    await ask(workPatienceMs, (abortSignal) => docker.getImage(id).remove({ force: true, abortSignal }));
    return true;
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 409) {
      return statusOf(error) === 404;
    }
    throw error;
  }
}

/** Another build may be under way, and the engine keeps each of its steps as an image. */
const longestBuildSeconds = 60 * 60;

/** Removes what builds left that were killed, and images that a newer one took the name of: those of packages without a name. */
export async function removeHalfImages(docker: Docker, tree?: string): Promise<void> {
  const label = [packageLabel, ...(tree === undefined ? [] : [`${treeLabel}=${tree}`])];
  const listed = await ask(tellPatienceMs, (abortSignal) => docker.listImages({ filters: { label, dangling: ['true'] }, abortSignal }));
  const old = Date.now() / 1000 - longestBuildSeconds;
  for (const { Id: id, Created: created } of listed) {
    if (tree !== undefined || created < old) {
      // The last of its steps goes first, and takes those with it that it stands on.
      await removeImage(docker, id).catch(() => false);
    }
  }
}

export interface ImageFiles {
  readonly image: PackageImage;
  /** The content id of the image that it stands on. */
  readonly base: string;
  readonly program: string;
  readonly integrity: string;
  /** A gzipped tar archive, for /app. */
  readonly size: number;
  readonly archive: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/**
 * Makes the image and gives its content id. The archive goes through as it comes, and the engine unpacks it into /app alone; none of
 * its files is read as anything else, since the names of the others are not known to whoever wrote it. Throws what the engine says.
 */
export async function makeImage(docker: Docker, files: ImageFiles): Promise<string> {
  const { image, signal } = files;
  const secret = randomBytes(8).toString('hex');
  const tags = engineTags(image);
  const archive = `${secret}.tgz`;
  const dockerfile = Buffer.from(packageDockerfile(image, { ...files, archive }));
  const context = contextOf(`${secret}.dockerfile`, dockerfile, archive, files);
  try {
    const stream = await docker.buildImage(Readable.from(context), {
      t: `${tags.repository}:${tags.content}`,
      dockerfile: `${secret}.dockerfile`,
      networkmode: 'none',
      forcerm: true,
      rm: true,
      nocache: true,
      pull: undefined,
      abortSignal: signal,
    });
    for await (const line of jsonLines(stream as Readable) as AsyncIterable<{ readonly error?: string }>) {
      if (line.error !== undefined) {
        throw new Error(line.error);
      }
    }
    const made = docker.getImage(`${tags.repository}:${tags.content}`);
    await ask(workPatienceMs, (abortSignal) => made.tag({ repo: tags.repository, tag: tags.version, abortSignal }));
    return (await ask(tellPatienceMs, () => made.inspect())).Id;
  } catch (error) {
    await removeHalfImages(docker, image.tree).catch(() => undefined);
    throw error;
  }
}

async function* contextOf(name: string, dockerfile: Uint8Array, archive: string, files: ImageFiles): AsyncGenerator<Uint8Array> {
  yield archiveHeader({ path: name, mode: 0o644 }, dockerfile.length);
  yield dockerfile;
  yield padding(dockerfile.length);
  yield archiveHeader({ path: archive, mode: 0o644 }, files.size);
  yield* files.archive;
  yield padding(files.size);
  yield archiveEnd;
}
