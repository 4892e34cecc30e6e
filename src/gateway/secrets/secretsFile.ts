import { parseEnvFile } from '../../core/secrets/envFile.ts';
import * as problems from '../../core/problems.ts';
import { readTextFile } from '../../node/textFile.ts';
import { fail, ok, type Result } from '../../shared/result.ts';

const longest = 1024 * 1024;

/** What `--secrets FILE` gives: values by the names of secrets, or by the variables that servers read. The last line of a name counts. */
export async function readSecretsFile(path: string): Promise<Result<ReadonlyMap<string, string>>> {
  const file = await readTextFile(path, longest);
  if (!file.ok) {
    return file;
  }
  if (file.value.hash === null) {
    return fail(problems.fileUnreadable(path, 'there is no such file'));
  }
  const { entries, badLines } = parseEnvFile(file.value.text, { shellForm: false });
  const [bad] = badLines;
  return bad === undefined
    ? ok(new Map(entries.map(({ name, value }) => [name, value])))
    : fail(problems.secretsFileLine({ file: path, line: bad, column: 1 }));
}
