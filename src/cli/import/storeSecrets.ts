import type { Locations } from '../../node/locations.ts';
import { ok, type Result } from '../../shared/result.ts';
import { ask } from '../ask.ts';
import { openControl, openRunningControl } from '../context.ts';
import { keepSecrets } from '../profile/keepSecrets.ts';

/**
 * Offers the values that stood in files to the vault: each goes from the file to the daemon, and nowhere else. Gives the names that are
 * in the vault now. A name that is there already keeps its value.
 */
export async function storeSecrets(
  locations: Locations,
  secrets: ReadonlyMap<string, string | null>,
  isAgreed: boolean,
  say: (line: string) => void,
): Promise<Result<readonly string[]>> {
  const values = [...secrets].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  if (secrets.size === 0) {
    return ok([]);
  }
  // Where nothing is to be stored, only a daemon that runs already is asked what is there.
  const control = await (values.length === 0 ? openRunningControl : openControl)(locations);
  if (!control.ok) {
    return values.length === 0 ? ok([]) : control;
  }
  try {
    const listed = await control.value.request('secret/list', {});
    const there = listed.ok ? listed.value.secrets.map(({ name }) => name) : [];
    const stored = [...secrets.keys()].filter((name) => there.includes(name));
    const fresh = values.filter(([name]) => !there.includes(name));
    stored
      .filter((name) => values.some(([one]) => one === name))
      .forEach((name) => say(`The vault has ${name} already, and keeps its value.`));
    if (fresh.length === 0 || !(isAgreed || (await ask(`Put ${namesOf(fresh)} into the vault?`)))) {
      return ok(stored);
    }
    const kept = await keepSecrets(
      locations,
      fresh.map(([name, value]) => ({ name, value })),
    );
    if (!kept.ok) {
      return kept;
    }
    for (const [name] of fresh) {
      say(`Stored ${name} in the vault.`);
      stored.push(name);
    }
    return ok(stored);
  } finally {
    control.value.close();
  }
}

function namesOf(values: readonly (readonly [string, string])[]): string {
  return values.map(([name]) => name).join(', ');
}
