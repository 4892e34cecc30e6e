import { dockerSlug } from '../core/profile/profileId.ts';
import { nameInProfile } from '../core/profile/profileName.ts';
import * as problems from '../core/problems.ts';
import { fail, ok, type Result } from '../shared/result.ts';
import type { FoundProfile } from './profileFiles.ts';
import { readTextFile } from './textFile.ts';

/**
 * The one of these profiles whose name is what was given, else the one whose id is the same to Docker, which has `codex_dev` for
 * `codex-dev`. Null where there is none; of one id that is there twice it is the first. `limit` is the most bytes of a profile.
 */
export async function matchProfile(found: readonly FoundProfile[], given: string, limit: number): Promise<Result<FoundProfile | null>> {
  const names = await Promise.all(found.map(({ path }) => nameOf(path, given, limit)));
  const named = found.filter((_, index) => names[index] === given);
  if (named.length > 0) {
    return theOne(named, given);
  }
  const slug = dockerSlug(given);
  return theOne(slug === '' || slug === '_' ? [] : found.filter(({ id }) => dockerSlug(id) === slug), given);
}

function theOne(matches: readonly FoundProfile[], given: string): Result<FoundProfile | null> {
  const [first, ...others] = matches.filter((one, index) => matches.findIndex(({ id }) => id === one.id) === index);
  return first === undefined || others.length === 0
    ? ok(first ?? null)
    : fail(
        problems.profileAmbiguous(
          given,
          [first, ...others].map(({ path }) => path),
        ),
      );
}

async function nameOf(path: string, sought: string, limit: number): Promise<string | null> {
  const file = await readTextFile(path, limit);
  return file.ok ? nameInProfile(file.value.text, sought) : null;
}
