import { packageReferenceText, parsePackageReference } from '../../core/packages/packageReference.ts';
import { profilePackages, type ProfilePackage } from '../../core/packages/profilePackages.ts';
import * as problems from '../../core/problems.ts';
import type { PackageBuilder } from '../../docker/packages/builder.ts';
import type { PackageWish } from '../../docker/packages/packageBuilder.ts';
import type { Locations } from '../../node/locations.ts';
import { findProfile } from '../../node/profileFiles.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { complain, exitCodes, note, print } from '../output.ts';
import { selectionOf } from '../profileSelection.ts';
import { buildOne } from './buildOne.ts';
import { baseOf, registryOf, type BuildOptions } from './buildSettings.ts';
import { openBuilder } from './openBuilder.ts';
import { scriptsNote } from './packageResolver.ts';

export interface BuildImagesOptions extends BuildOptions {
  /** An id, or the path of a profile file. */
  readonly profile?: string;
}

type Planned = Omit<PackageWish, 'registry' | 'isDryRun'>;

/** `wharf image build`: the images of packages, by their references or as a profile recorded them. */
export async function buildImages(locations: Locations, references: readonly string[], options: BuildImagesOptions): Promise<number> {
  const builder = openBuilder(locations);
  if (!builder.ok) {
    return complain(builder.problem);
  }
  const plan = await planOf(locations, builder.value, references, options);
  if (!plan.ok) {
    return complain(plan.problem);
  }
  if (plan.value.length === 0) {
    print('There is nothing to build: the engine has all of it.');
  }
  for (const wish of plan.value) {
    const name = packageReferenceText(wish.reference);
    if (options.dryRun === true) {
      print(`${name} would be installed in ${wish.base}.`);
      continue;
    }
    const registry = await registryOf(wish.reference.kind, options);
    const built = registry.ok
      ? await buildOne(locations, builder.value, { ...wish, registry: registry.value, isDryRun: false }, options)
      : registry;
    if (!built.ok) {
      return complain(built.problem);
    }
    print(`${built.value.isNew ? 'Built' : 'The engine has'} ${built.value.reference}`);
    if (!wish.allowScripts && built.value.withScripts.length > 0) {
      note(`wharf: ${scriptsNote(name, built.value.withScripts)}`);
    }
  }
  return exitCodes.ok;
}

async function planOf(
  locations: Locations,
  builder: PackageBuilder,
  references: readonly string[],
  options: BuildImagesOptions,
): Promise<Result<readonly Planned[]>> {
  const plan: Planned[] = [];
  for (const text of references) {
    const reference = parsePackageReference(text);
    if (reference === undefined) {
      return fail(problems.badArgument(`"${text}" is no package such as npx://NAME or uvx://NAME@1.2.3.`, 'wharf image build'));
    }
    plan.push({ reference, base: baseOf(reference.kind, options), allowScripts: options.allowScripts === true, expected: null });
  }
  if (options.profile === undefined) {
    return references.length > 0
      ? ok(plan)
      : fail(problems.badArgument('Name a package, or a profile with --profile.', 'wharf image build'));
  }
  const missing = await missingOf(locations, builder, options.profile);
  if (!missing.ok) {
    return missing;
  }
  for (const one of missing.value) {
    const wish = recorded(one, options);
    if (!wish.ok) {
      return wish;
    }
    plan.push(wish.value);
  }
  return ok(plan);
}

/** What of a profile that its user allowed the engine does not have. */
async function missingOf(locations: Locations, builder: PackageBuilder, given: string): Promise<Result<readonly ProfilePackage[]>> {
  const found = await findProfile(locations, selectionOf(given), process.cwd());
  if (!found.ok) {
    return found;
  }
  const { id, path, scope, text, profile, allowed, isPulled } = found.value;
  if (!profile.ok || !allowed) {
    return profile.ok ? fail(problems.profileNotAllowed(path, id, isPulled, scope === 'user')) : profile;
  }
  const missing: ProfilePackage[] = [];
  for (const one of profilePackages(text)) {
    const has = await builder.has(one.image);
    if (!has.ok) {
      return has;
    }
    if (!has.value) {
      missing.push(one);
    }
  }
  return ok(missing);
}

/** Exactly what was recorded, or nothing. What a file says lets no script run. */
function recorded({ image, record }: ProfilePackage, options: BuildImagesOptions): Result<Planned> {
  if (record === null) {
    return fail(problems.packageUnusable(image, 'its entry in the profile does not say which package it is'));
  }
  const { reference, integrity, resolvedAt, base, scripts, tree } = record;
  if (scripts && options.allowScripts !== true) {
    return fail(
      problems.packageUnusable(packageReferenceText(reference), 'it was built with install scripts, which run only with --allow-scripts'),
    );
  }
  return ok({ reference, base: baseOf(reference.kind, options, base), allowScripts: scripts, expected: { tree, integrity, resolvedAt } });
}
