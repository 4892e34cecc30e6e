// A writer as a process of its own: `node appendLines.ts FILE BACKUPS NAME COUNT` appends lines,
// and reads again whenever the file changed meanwhile.
import { readTextFile, replaceTextFile } from '../../../src/node/textFile.ts';

const [file = '', backups = '', name = '', count = ''] = process.argv.slice(2);

for (let number = 1; number <= Number(count);) {
  const read = await readTextFile(file);
  if (!read.ok) {
    throw new Error(read.problem.message);
  }
  const written = await replaceTextFile(read.value, `${read.value.text}${name} ${number}\n`, backups);
  if (written.ok) {
    number += 1;
  } else if (written.problem.code !== 'WHARF_FILE_CHANGED') {
    throw new Error(`${written.problem.message} ${written.problem.detail ?? ''}`);
  }
}
