import { relative } from 'node:path';

/**
 * A reporter of node:test, which takes it from the default export. It writes nothing but the counts of the whole run and the names of what failed, as one line of JSON.
 * @param {AsyncIterable<{ type: string, data: any }>} source
 */
export default async function* counts(source) {
  /** @type {string[]} */
  const failures = [];
  for await (const { type, data } of source) {
    // What holds a test that failed fails with it, and says less.
    if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
      failures.push(`${data.name} (${relative(process.cwd(), data.file ?? '.')}:${data.line})`);
    }
    // One summary comes for each file, and one without a file for all of them.
    if (type === 'test:summary' && data.file === undefined) {
      const { passed, failed, cancelled, skipped, todo } = data.counts;
      yield JSON.stringify({ passed, failed: failed + cancelled, skipped: skipped + todo, failures });
    }
  }
}
