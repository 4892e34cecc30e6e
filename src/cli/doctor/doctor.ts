import { randomBytes } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { resolve } from 'node:path';

import * as problems from '../../core/problems.ts';
import { discard } from '../../node/fileLock.ts';
import { ok, fail, type Result } from '../../shared/result.ts';
import { visibleJson } from '../../shared/visibleText.ts';
import { commandLocations, openOtherControls } from '../context.ts';
import type { Format } from '../options.ts';
import { complain, exitCodes, note, print, printFile } from '../output.ts';
import { firstFailed, type Check } from './check.ts';
import { counted } from './engineChecks.ts';
import { examine } from './examine.ts';
import { knownValues } from './knownValues.ts';
import { checkLines, markdownOf } from './markdown.ts';
import { localRedaction } from './redaction.ts';
import { makeReport, mapTexts } from './report.ts';

export interface DoctorOptions {
  readonly format: Format;
  /** A file, or `-` or true for stdout. */
  readonly report?: string | true;
  /** False with `--no-project`. */
  readonly project: boolean;
}

/** `wharf doctor`. Returns the exit code. */
export async function doctor({ format, report, project }: DoctorOptions): Promise<number> {
  const locations = commandLocations();
  const folder = project ? process.cwd() : null;
  const examination = await examine({ locations, folder, tellsNames: report === undefined });
  try {
    const code = firstFailed(examination.checks) === undefined ? exitCodes.ok : exitCodes.problems;
    if (report === undefined) {
      const { checks } = examination;
      say(cleaned(checks, knownValues(examination.profiles, examination.configs)), format);
      return code;
    }
    const others = await openOtherControls(locations);
    const made = await makeReport(examination, { locations, folder, others });
    others.forEach((control) => control.close());
    const text = format === 'json' ? `${visibleJson(JSON.stringify(made, null, 2))}\n` : markdownOf(made);
    if (report === true || report === '-') {
      printFile(text);
      return code;
    }
    const written = await writeForOwner(resolve(report), text);
    if (!written.ok) {
      return complain(written.problem);
    }
    note(`wharf: Wrote the support report to ${report}, for you alone. Look it through before you attach it to an issue.`);
    return code;
  } finally {
    examination.control?.close();
  }
}

/** Evidence quotes files and servers. */
function cleaned(checks: readonly Check[], values: readonly string[]): readonly Check[] {
  const quoted = checks.map(({ outcome }) => outcome);
  const texts: string[] = [];
  mapTexts(quoted, (text) => texts[texts.push(text) - 1] ?? text);
  // Who looks for a path, such as that of WHARF_HOME, has to read it.
  const clean = localRedaction(
    texts,
    values.filter((value) => !/^[~./\\]|^[a-z]:\\/i.test(value)),
    { keepsNames: true },
  );
  let next = 0;
  const outcomes = mapTexts(quoted, () => clean[next++] ?? '');
  return checks.map((check, index) => ({ ...check, outcome: outcomes[index] ?? check.outcome }));
}

function say(checks: readonly Check[], format: Format): void {
  const first = firstFailed(checks);
  if (format === 'json') {
    const shown = checks.map(({ id, title, outcome: { kind, ...rest } }) => ({ id, title, status: kind, ...rest }));
    process.stdout.write(`${visibleJson(JSON.stringify({ firstFailed: first?.id ?? null, checks: shown }, null, 2))}\n`);
    return;
  }
  checks.flatMap(checkLines).forEach(print);
  const failed = checks.filter(({ outcome }) => outcome.kind === 'failed').length;
  const others = failed > 1 ? `, and ${failed - 1} more after it` : '';
  print('');
  const warnings = checks.filter(({ outcome }) => outcome.kind === 'warning').length;
  print(
    first === undefined
      ? warnings === 0
        ? 'Nothing is wrong.'
        : `Nothing is wrong; ${counted(warnings, 'warning')}.`
      : `Something is wrong: mend "${first.title}" first${others}.`,
  );
}

/** Writes a file that only its user can read. A link of that name is replaced, and not followed. */
async function writeForOwner(path: string, text: string): Promise<Result<null>> {
  const draft = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  let isMade = false;
  try {
    const handle = await open(draft, 'wx', 0o600);
    isMade = true;
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    await rename(draft, path);
    return ok(null);
  } catch (error) {
    if (isMade) {
      await discard(draft);
    }
    return fail(problems.fileUnwritable(path, error instanceof Error ? error.message : String(error)));
  }
}
