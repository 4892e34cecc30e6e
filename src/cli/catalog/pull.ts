import type { CatalogueName } from '../../core/catalog/catalogueName.ts';
import * as problems from '../../core/problems.ts';
import { nameOf } from '../../node/catalogs/names.ts';
import { orderedCatalogues } from '../../node/catalogs/order.ts';
import { pullCatalogue, type Kept } from '../../node/catalogs/pullCatalogue.ts';
import { originOf, type Fetching } from '../../node/catalogs/sources.ts';
import type { ListedCatalogue } from '../../node/catalogs/store.ts';
import type { Locations } from '../../node/locations.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { complain, exitCodes, note, print } from '../output.ts';
import { describeProblem } from '../../shared/problem.ts';
import { sayingChanges } from './changedProfiles.ts';
import { sayLeftOut, sayUnvetted } from './create.ts';
import { patiently } from './patience.ts';
import { brief, countOf } from './printed.ts';

/** `wharf catalog pull`: one catalogue, kept under its own name or under `as`; or all that come from somewhere. */
export async function pullCatalogs(
  locations: Locations,
  given: string | undefined,
  as: string | undefined,
  dryRun: boolean,
): Promise<number> {
  if (given === undefined) {
    return as === undefined
      ? pullAll(locations, dryRun)
      : complain(problems.badArgument('--as needs the name of one catalogue.', 'wharf catalog pull'));
  }
  const name = nameOf(given);
  if (!name.ok) {
    return complain(name.problem);
  }
  const ref = as === undefined ? ok(name.value.ref) : newName(as);
  return ref.ok ? patiently(ref.value, (fetching) => pullOne(locations, name.value, ref.value, dryRun, fetching)) : complain(ref.problem);
}

function newName(as: string): Result<string> {
  const name = nameOf(as);
  if (!name.ok) {
    return name;
  }
  return name.value.kind === 'artifact' && name.value.name.digest === null
    ? ok(name.value.ref)
    : fail(problems.catalogReference(as, 'can not be the name of a catalogue here, which is one of a registry with a tag'));
}

async function pullOne(locations: Locations, name: CatalogueName, ref: string, dryRun: boolean, fetching: Fetching): Promise<number> {
  return sayingChanges(locations, ref, async () => {
    const kept = await pullCatalogue(locations, name, ref, { ...fetching, dryRun });
    if (!kept.ok) {
      return complain(kept.problem);
    }
    say(kept.value, dryRun);
    return exitCodes.ok;
  });
}

function say({ header, was }: Kept, dryRun: boolean): void {
  sayLeftOut(header.skipped);
  sayUnvetted(header.source);
  if (was === 'made here') {
    note(`wharf: ${header.ref} was made on this computer; ${dryRun ? 'it would be replaced' : 'a copy of it is with the backups'}.`);
  }
  if (dryRun) {
    print(`Would pull catalog ${header.ref} with ${countOf(header.entries)}`);
    return;
  }
  print(`Catalog ${header.ref} pulled`);
  note(`wharf: It has ${countOf(header.entries)}${was === 'same' ? ', as before' : ''}.`);
}

async function pullAll(locations: Locations, dryRun: boolean): Promise<number> {
  const order = await orderedCatalogues(locations);
  if (!order.ok) {
    return complain(order.problem);
  }
  return patiently('the catalogues', async (fetching) => {
    let code: number = exitCodes.ok;
    let pulled = 0;
    for (const { ref, stored } of order.value) {
      const comesFromSomewhere = stored === null || (stored.kind === 'usable' && originOf(stored.header) !== undefined);
      const name = nameOf(ref, '/');
      if (stored !== null && !comesFromSomewhere) {
        sayPassedOver(ref, stored);
      } else if (name.ok && name.value.kind !== 'builtIn' && !fetching.signal.aborted) {
        pulled += 1;
        code = Math.max(code, await pullOne(locations, name.value, ref, dryRun, fetching));
      }
    }
    if (pulled === 0 && !fetching.signal.aborted) {
      print(
        `There is nothing to pull: no catalogue of this computer came from elsewhere. "wharf catalog pull REF" gets one, such as ${example}.`,
      );
    }
    return code;
  });
}

const example = 'mcp/docker-mcp-catalog';

function sayPassedOver(ref: string, stored: ListedCatalogue): void {
  note(
    stored.kind === 'broken'
      ? `wharf: ${describeProblem(stored.problem)}`
      : `wharf: ${brief(ref, 200)} was made on this computer, so it is passed over.`,
  );
}
