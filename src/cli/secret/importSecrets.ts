import { resolve } from 'node:path';

import * as problems from '../../core/problems.ts';
import { parseEnvFile, type EnvEntry } from '../../core/secrets/envFile.ts';
import { readTextFile } from '../../node/textFile.ts';
import { isUserSecretName } from '../../node/vault/names.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { complain, exitCodes, print, printTable } from '../output.ts';
import { requestOpen, withDaemon } from './vaultControl.ts';

const longest = 1024 * 1024;

/** `wharf secret import FILE`: all of the file or nothing, with a line for each name. */
export async function importSecrets(path: string, isDryRun: boolean): Promise<number> {
  const entries = await readEntries(resolve(path));
  if (!entries.ok) {
    return complain(entries.problem);
  }
  return withDaemon(async (control) => {
    const known = await control.request('secret/list', {});
    if (!known.ok) {
      return complain(known.problem);
    }
    const there = new Set(known.value.secrets.map(({ name }) => name));
    const rows: string[][] = [];
    for (const [index, entry] of entries.value.entries()) {
      const outcome = outcomeOf(entry, entries.value.slice(index + 1), there, isDryRun);
      if (!isDryRun && outcome.takes) {
        const stored = await requestOpen(control, 'secret/set', { name: entry.name, value: entry.value });
        if (!stored.ok) {
          printTable(rows);
          return complain(stored.problem);
        }
      }
      rows.push([`line ${entry.line}`, entry.name, outcome.words]);
    }
    printTable(rows);
    print(isDryRun ? 'Nothing was changed.' : `${path} still holds these values in clear: remove it when nothing else needs it.`);
    return exitCodes.ok;
  });
}

async function readEntries(path: string): Promise<Result<readonly EnvEntry[]>> {
  const file = await readTextFile(path, longest);
  if (!file.ok) {
    return file;
  }
  if (file.value.hash === null) {
    return fail(problems.fileUnreadable(path, 'there is no such file'));
  }
  const { entries, badLines } = parseEnvFile(file.value.text, { shellForm: true });
  const bad = badLines[0] ?? entries.find(({ name }) => !isUserSecretName(name))?.line;
  if (bad !== undefined) {
    return fail(problems.secretsFileLine({ file: path, line: bad, column: 1 }));
  }
  return entries.length === 0
    ? fail(problems.badArgument(`${path} has no line of the form NAME=value.`, 'wharf secret import'))
    : ok(entries);
}

function outcomeOf(
  entry: EnvEntry,
  later: readonly EnvEntry[],
  there: ReadonlySet<string>,
  isDryRun: boolean,
): { readonly takes: boolean; readonly words: string } {
  const again = later.find(({ name }) => name === entry.name);
  if (again !== undefined) {
    return { takes: false, words: `not taken: line ${again.line} says it again` };
  }
  if (entry.value === '') {
    return { takes: false, words: 'not taken: it has no value' };
  }
  const stored = `${isDryRun ? 'would be ' : ''}${there.has(entry.name) ? 'replaced' : 'stored'}`;
  const shell = entry.trimmed ? ', without its quotes or its export' : '';
  return { takes: true, words: `${stored}${shell}` };
}
