import { isRecord, listOf, textOf } from '../provenance/json.ts';
import type { LookedUp } from '../profile/profile.ts';
import { differenceFrom } from './approval.ts';
import { itemsOfProfile } from './profileItems.ts';

/** What a profile was when its user allowed it, or is now: its text, and what its lean entries took from catalogues. */
export interface ProfileContent {
  readonly text: string;
  readonly lookedUp: readonly LookedUp[];
}

/** Of what fewer are no new grant. */
const lists = ['secrets', 'volumes', 'allowHosts'] as const;

/**
 * Whether catalogues now say of a lean entry that it gets more than its user knows: new secrets, mounts, hosts, another user, command or
 * address. What fills a profile's own entry is compared with what filled an entry of the same catalogue and name before; an entry that
 * was not there is its user's word. Another image counts when it starts, by what was granted to the image.
 */
export function catalogueGrantsMore(before: ProfileContent, now: ProfileContent): boolean {
  const [known, wanted] = [byEntry(before), byEntry(now)];
  return known === undefined || wanted === undefined
    ? true
    : [...wanted].some(([key, after]) => {
        const then = known.get(key);
        return then !== undefined && grantsMore(then, after);
      });
}

/** By catalogue and name, as the text has them. Undefined for a text that is no profile. */
function byEntry({ text, lookedUp }: ProfileContent): ReadonlyMap<string, LookedUp> | undefined {
  const items = itemsOfProfile(text);
  return (
    items &&
    new Map(
      lookedUp.map((one) => {
        const { catalog_ref: ref, catalogRef = ref, name } = items[one.index] ?? {};
        return [JSON.stringify([textOf(catalogRef), textOf(name)]), one];
      }),
    )
  );
}

function grantsMore(before: LookedUp, after: LookedUp): boolean {
  const server = { ...after.server };
  if (before.server['image'] !== undefined && after.server['image'] !== undefined) {
    server['image'] = before.server['image'];
  }
  for (const key of lists) {
    const [had, has] = [listOf(before.server[key]).map(plain), listOf(after.server[key]).map(plain)];
    // No hosts at all are every host.
    if (has.every((one) => had.includes(one)) && (key !== 'allowHosts' || has.length > 0)) {
      server[key] = before.server[key];
    }
  }
  const entry = { snapshot: { server }, ...(after.tools === null ? {} : { tools: after.tools }) };
  const { tools } = before;
  return differenceFrom({ server: before.server, ...(tools === null ? {} : { onlyTools: tools }) }, entry, false) !== undefined;
}

/** Of a secret only what gives it to a server; catalogues also have examples for people. */
function plain(item: unknown): string {
  return JSON.stringify(isRecord(item) ? [item['name'], item['env']] : item);
}
