import { leave, type ImportedServer } from '../../core/imports/imported.ts';
import { approvedSources, whyEntryNotApproved } from '../../node/catalogs/approved.ts';
import type { Locations } from '../../node/locations.ts';
import { ok, type Result } from '../../shared/result.ts';

/** Without what a policy file of this computer does not let into a profile: that is left, with the policy's words. */
export async function onlyApproved(locations: Locations, imported: readonly ImportedServer[]): Promise<Result<readonly ImportedServer[]>> {
  const approval = await approvedSources(locations);
  if (!approval.ok) {
    return approval;
  }
  return ok(
    imported.map((one) => {
      const refusal = 'entry' in one.outcome ? whyEntryNotApproved(approval.value, one.outcome.entry) : undefined;
      return refusal === undefined ? one : leave(one.server, one.as, refusal.message, [refusal.next]);
    }),
  );
}
