import { approvedSources, whyNotApproved } from '../../node/catalogs/approved.ts';
import { searchServers } from '../../node/catalogs/search.ts';
import type { Locations } from '../../node/locations.ts';
import { complain, exitCodes, print, printTable } from '../output.ts';
import { kindWords, networkWords, secretWords } from './about.ts';
import { brief, printValue, type ListFormat } from './printed.ts';

/** `wharf catalog search`: over all catalogues; of servers with one name the one whose catalogue comes first. */
export async function searchCatalogs(locations: Locations, words: string, limit: number, format: ListFormat): Promise<number> {
  const found = await searchServers(locations, words, limit);
  if (!found.ok) {
    return complain(found.problem);
  }
  const approval = await approvedSources(locations);
  if (!approval.ok) {
    return complain(approval.problem);
  }
  const isClosed = approval.value.policies.length > 0;
  const rows = found.value.map((entry) => ({
    name: entry.name,
    title: entry.title,
    description: entry.description,
    catalog: entry.catalogue,
    alsoIn: entry.alsoIn,
    reference: `catalog://${entry.catalogue.replace(/^https:\/\//, '')}/${entry.name}`,
    kind: kindWords(entry),
    needs: secretWords(entry),
    network: networkWords(entry),
    tools: entry.tools.length,
    approved: whyNotApproved(approval.value, { entry, catalogRef: entry.catalogue, registrySource: null }) === undefined,
  }));
  if (format !== 'human') {
    printValue({ servers: rows }, format);
    return exitCodes.ok;
  }
  if (rows.length === 0) {
    print(
      'No server has these words. "wharf catalog ls" shows which catalogues are here; "wharf catalog pull mcp/docker-mcp-catalog" gets Docker\'s.',
    );
    return exitCodes.ok;
  }
  printTable([
    ['NAME', 'TITLE', 'CATALOG', 'KIND', 'NEEDS', 'NETWORK', ...(isClosed ? ['APPROVED'] : [])],
    ...rows.map(({ name, title, description, catalog, kind, needs, network, approved }) => [
      name,
      brief(title === '' ? description : title, 40),
      brief(catalog, 60),
      kind,
      needs,
      network,
      ...(isClosed ? [approved ? 'yes' : 'no'] : []),
    ]),
  ]);
  return exitCodes.ok;
}
