import { packageReferenceText } from '../../core/packages/packageReference.ts';
import type { BuiltPackage } from '../../docker/packages/packageImages.ts';
import type { Locations } from '../../node/locations.ts';
import { allowedProfiles, listProfilesFrom } from '../../node/profileFiles.ts';
import type { Result } from '../../shared/result.ts';
import type { ListFormat } from '../options.ts';
import { complain, exitCodes, print, printTable } from '../output.ts';
import { printValue } from '../printValue.ts';
import { openBuilder } from './openBuilder.ts';

const megabyte = 1024 ** 2;

/** `wharf image ls`: the images that Wharf built from packages. */
export async function listImages(locations: Locations, format: ListFormat): Promise<number> {
  const images = await builtImages(locations);
  if (!images.ok) {
    return complain(images.problem);
  }
  const used = await usersOf(locations);
  const rows = images.value.map((image) => ({
    package: packageReferenceText(image.reference),
    tree: image.tree,
    id: image.id,
    bytes: image.size,
    createdAt: new Date(image.created * 1000).toISOString(),
    profiles: used(image),
  }));
  if (format !== 'human') {
    printValue(rows, format);
  } else if (rows.length === 0) {
    print('No image of a package is on this engine.');
  } else {
    printTable([
      ['PACKAGE', 'CREATED', 'SIZE', 'PROFILES'],
      ...rows.map((row) => [row.package, row.createdAt.slice(0, 16), `${Math.round(row.bytes / megabyte)} MB`, row.profiles.join(', ')]),
    ]);
  }
  return exitCodes.ok;
}

/** `wharf image prune`: removes those that no profile names which can be seen from here, and what killed builds left. */
export async function pruneImages(locations: Locations, options: { readonly dryRun?: boolean }): Promise<number> {
  const builder = openBuilder(locations);
  if (!builder.ok) {
    return complain(builder.problem);
  }
  const images = await builder.value.list();
  if (!images.ok) {
    return complain(images.problem);
  }
  const used = await usersOf(locations);
  const unused = images.value.filter((image) => image.isWhole && used(image).length === 0);
  for (const image of unused) {
    const name = packageReferenceText(image.reference);
    if (options.dryRun === true) {
      print(`${name} would be removed (${image.id.slice(7, 19)}).`);
      continue;
    }
    const removed = await builder.value.remove(image.id);
    if (!removed.ok) {
      return complain(removed.problem);
    }
    print(removed.value ? `Removed ${name} (${image.id.slice(7, 19)}).` : `${name} runs, and stays.`);
  }
  if (options.dryRun !== true) {
    await builder.value.removeHalfImages();
  }
  if (unused.length === 0) {
    print('Every image of a package is named by a profile.');
  }
  return exitCodes.ok;
}

async function builtImages(locations: Locations): Promise<Result<readonly BuiltPackage[]>> {
  const builder = openBuilder(locations);
  const listed = builder.ok ? await builder.value.list() : builder;
  return listed.ok ? { ok: true, value: listed.value.filter(({ isWhole }) => isWhole) } : listed;
}

/** The profiles that name an image: the user's, those that are seen from here, and every project's that was allowed. */
async function usersOf(locations: Locations): Promise<(image: BuiltPackage) => readonly string[]> {
  const files = [...(await listProfilesFrom(locations, process.cwd())), ...(await allowedProfiles(locations))];
  // Its digest stands in the reference of the image, also in a file that cannot be read now.
  return ({ tree }) => [...new Set(files.filter(({ text }) => text.includes(tree)).map(({ id }) => id))];
}
