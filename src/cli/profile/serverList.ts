import { plainEntries } from '../../core/profile/editServers.ts';
import { objectOf, type NewEntry } from '../../core/profile/newEntry.ts';
import type { Profile } from '../../core/profile/profile.ts';
import * as problems from '../../core/problems.ts';
import type { Locations } from '../../node/locations.ts';
import { listProfilesFrom } from '../../node/profileFiles.ts';
import { describeProblem } from '../../shared/problem.ts';
import type { ListFormat } from '../options.ts';
import { complain, exitCodes, note, print, printTable } from '../output.ts';
import { printValue } from '../printValue.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly servers: readonly { readonly name: string; readonly entry: NewEntry }[];
}

/** `wharf profile server ls`: the servers of all profiles that apply here, or those that fit `name=` and `profile=`. */
export async function listServers(locations: Locations, filters: readonly string[], format: ListFormat): Promise<number> {
  const wanted = filters.map((filter) => /^(name|profile)=(.+)$/s.exec(filter));
  if (wanted.includes(null)) {
    return complain(problems.badArgument('--filter takes name=WORD or profile=ID.', 'wharf profile server ls'));
  }
  const valuesOf = (key: string): readonly string[] => wanted.flatMap((match) => (match?.[1] === key ? [match[2] ?? ''] : []));
  const [names, profiles] = [valuesOf('name').map((name) => name.toLowerCase()), valuesOf('profile')];
  const rows: Row[] = [];
  for (const { id, text, profile } of await listProfilesFrom(locations, process.cwd())) {
    if (!profile.ok) {
      note(`wharf: ${describeProblem(profile.problem)}`);
    } else if (profiles.length === 0 || profiles.includes(id)) {
      const servers = serversOf(profile.value, text).filter(
        ({ name }) => names.length === 0 || names.some((word) => name.toLowerCase().includes(word)),
      );
      rows.push({ id, name: profile.value.name, servers });
    }
  }
  if (format !== 'human') {
    printValue(
      rows.map(({ servers, ...row }) => ({ ...row, servers: servers.map(({ entry }) => entry) })),
      format,
    );
  } else if (rows.every(({ servers }) => servers.length === 0)) {
    print('No server fits. "wharf profile server add ID --server REF" adds one.');
  } else {
    printTable([
      ['PROFILE', 'TYPE', 'NAME', 'IDENTIFIER'],
      ...rows.flatMap(({ id, servers }) => servers.map(({ name, entry }) => [id, typeOf(entry), name, identifierOf(entry)])),
    ]);
  }
  return exitCodes.ok;
}

function serversOf({ servers }: Profile, text: string): Row['servers'] {
  const entries = plainEntries(text);
  return servers.map(({ name }, index) => ({ name, entry: entries[index] ?? {} }));
}

/** Docker's word for what an entry names, and Wharf's for what Docker does not have. */
function typeOf(entry: NewEntry): string {
  const said = entry['type'];
  const key = ['source', 'image', 'endpoint'].find((one) => typeof entry[one] === 'string');
  const derived = { source: 'registry', image: 'image', endpoint: 'remote' }[key ?? ''];
  const isNative = objectOf(entry['wharf'])['native'] !== undefined;
  return isNative ? 'native' : typeof said === 'string' ? said : (derived ?? 'catalog');
}

function identifierOf(entry: NewEntry): string {
  const { command } = objectOf(objectOf(entry['wharf'])['native']);
  const said = [entry['source'], entry['image'], entry['endpoint'], command].find((value) => typeof value === 'string');
  const catalogue = [entry['catalog_ref'] ?? entry['catalogRef'], entry['name']].filter((value) => typeof value === 'string');
  return said ?? catalogue.join('/');
}
