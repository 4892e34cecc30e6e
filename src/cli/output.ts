import { describeProblem, type Problem } from '../shared/problem.ts';

/** Exit codes of every command: see docs/commands.md. */
export const exitCodes = { ok: 0, problems: 1, failed: 2 } as const;

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Resolves when all that was printed is out: ending earlier would cut off what a pipe has not taken yet. */
export async function printed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
}

/** Says on stderr why a command could not do its work, and gives the exit code for that. */
export function complain(problem: Problem): number {
  note(`wharf: ${describeProblem(problem)}`);
  return exitCodes.failed;
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Columns padded to the widest cell, two spaces apart. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  for (const row of rows) {
    print(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}
