import { describeProblem, type Problem } from '../shared/problem.ts';
import { visibleJson, visibleText } from '../shared/visibleText.ts';

/** Exit codes of every command: see docs/commands.md. */
export const exitCodes = { ok: 0, problems: 1, failed: 2 } as const;

/** For people: what would move the cursor or hide itself is shown as an escape, as the text may be a server's or a repository's. */
export function print(text: string): void {
  process.stdout.write(`${visibleText(text, { keepNewlines: true })}\n`);
}

let ownName = 'wharf';

/** How people call the command line, so that they can type the commands that messages name: `docker mcp` as Docker's plugin. */
export function sayCommandsAs(name: string): void {
  ownName = name;
}

/** As `print`, on stderr. */
export function note(text: string): void {
  const said = ownName === 'wharf' ? text : text.replaceAll('"wharf ', `"${ownName} `);
  process.stderr.write(`${visibleText(said, { keepNewlines: true })}\n`);
}

const saidOnce = new Set<string>();

/** As `note`, but the same line only once: the gateway and a command may have the same to say. */
export function noteOnce(text: string): void {
  const bare = (line: string): string => line.replace(/^wharf: /, '');
  const lines = text.split('\n').filter((line) => line !== '' && !saidOnce.has(bare(line)));
  if (lines.length > 0) {
    lines.forEach((line) => saidOnce.add(bare(line)));
    note(lines.join('\n'));
  }
}

/** Resolves when all that was printed is out: ending earlier would cut off what a pipe has not taken yet. */
export async function printed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
}

/** Says on stderr why a command could not do its work, and gives the exit code for that. */
export function complain(problem: Problem): number {
  noteOnce(`wharf: ${describeProblem(problem)}`);
  return exitCodes.failed;
}

/** For programs, and for the people who look at it: what cannot be seen is written as JSON's own escapes, which mean the same. */
export function printJson(value: unknown): void {
  process.stdout.write(`${visibleJson(JSON.stringify(value, null, 2))}\n`);
}

/** A file as it would be: byte for byte for a program that reads it, visible for a person. */
export function printFile(text: string): void {
  process.stdout.write(process.stdout.isTTY ? visibleText(text, { keepNewlines: true }) : text);
}

/** Columns padded to the widest cell, two spaces apart. A cell is one line. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const shown = rows.map((row) => row.map((cell) => visibleText(cell)));
  const widths: number[] = [];
  for (const row of shown) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  for (const row of shown) {
    print(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}
