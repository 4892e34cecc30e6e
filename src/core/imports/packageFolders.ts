import type { CatalogEntry } from '../catalog/entry.ts';
import { isRecord, listOf } from '../provenance/json.ts';
import type { EntryDraft } from './entryDraft.ts';
import { isPath, placeOf, whyNotOpened } from './folders.ts';
import type { ForeignServer, MarkedText } from './foreign.ts';
import type { PackageCommand } from './packageCommand.ts';

/** Where folders stand among the arguments of a package: all its words, or behind these options. */
const options = new Map<string, readonly string[] | 'words'>([
  ['npm @modelcontextprotocol/server-filesystem', 'words'],
  ['pypi mcp-server-git', ['--repository', '-r']],
]);

/** What the catalogue's configuration calls the folders of these packages. */
const key = 'paths';

/**
 * Carries the folders among the arguments of a package over into the configuration of its entry, where the catalogue has a list for
 * them. Gives the arguments that are none.
 */
export function addFolders(
  draft: EntryDraft,
  found: Pick<PackageCommand, 'registry' | 'name' | 'args'>,
  entry: CatalogEntry,
  { server, home }: { readonly server: ForeignServer; readonly home: string },
): readonly MarkedText[] {
  const where = hasList(entry) ? options.get(`${found.registry} ${found.name.toLowerCase()}`) : undefined;
  if (where === undefined) {
    return found.args;
  }
  const rest: MarkedText[] = [];
  const folders: string[] = [];
  for (let index = 0; index < found.args.length; index++) {
    const word = found.args[index] ?? '';
    const [text, width] = folderAt(where, word, found.args[index + 1]);
    const place = text === undefined ? undefined : placeOf(text, server);
    const refused = place === undefined ? undefined : whyNotOpened(place, home);
    if (place === undefined || !isPath(place)) {
      rest.push(...found.args.slice(index, index + width));
    } else if (refused !== undefined) {
      draft.leave(`its folder ${place}`, refused);
    } else {
      folders.push(place);
    }
    index += width - 1;
  }
  if (folders.length > 0 && draft.set(`its folders, to read: ${folders.join(', ')}`, 'config', { [key]: folders })) {
    draft.leave('changes in its folders', 'those of a configuration are there to be read, and stay as they are');
  }
  return rest;
}

/** The folder that begins at a word, where one does, and how many words it takes. */
function folderAt(where: readonly string[] | 'words', word: MarkedText, next: MarkedText | undefined): [MarkedText | undefined, number] {
  if (where === 'words') {
    return [word.startsWith('-') ? undefined : word, 1];
  }
  const equals = word.indexOf('=');
  if (equals !== -1 && where.includes(word.slice(0, equals))) {
    return [word.slice(equals + 1), 1];
  }
  return where.includes(word) && next !== undefined ? [next, 2] : [undefined, 1];
}

function hasList({ name, server }: CatalogEntry): boolean {
  return listOf(server['config']).some((one) => {
    const properties = isRecord(one) && one['name'] === name ? one['properties'] : undefined;
    const list = isRecord(properties) ? properties[key] : undefined;
    return isRecord(list) && list['type'] === 'array';
  });
}
