/** One line of a file of secrets. */
export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
  /** Quotes around the value, or `export` before the name, were left out. */
  readonly trimmed: boolean;
}

export interface EnvFile {
  readonly entries: readonly EnvEntry[];
  /** Lines, from 1, that hold neither `NAME=value` nor a comment. */
  readonly badLines: readonly number[];
}

/**
 * Reads lines of `NAME=value`, as Docker's `--secrets` file has them: a name may have dots, `#` begins a comment line,
 * and a value is what stands behind the first `=` (reference: docker-gateway §2.4). With `shellForm`, what people write
 * for a shell is understood too: `export NAME=value`, and one pair of quotes around the whole value.
 */
export function parseEnvFile(text: string, options: { readonly shellForm: boolean }): EnvFile {
  const entries: EnvEntry[] = [];
  const badLines: number[] = [];
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\n/);
  lines.forEach((content, index) => {
    const line = content.trim();
    if (line === '' || line.startsWith('#')) {
      return;
    }
    const [, before = '', name = '', value = ''] = /^(export\s+)?([^\s=]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === '' || (before !== '' && !options.shellForm)) {
      badLines.push(index + 1);
      return;
    }
    const plain = options.shellForm ? withoutQuotes(value) : value;
    entries.push({ name, value: plain, line: index + 1, trimmed: before !== '' || plain !== value });
  });
  return { entries, badLines };
}

function withoutQuotes(value: string): string {
  const quoted = /^"([^"]*)"$|^'([^']*)'$/.exec(value);
  return quoted === null ? value : (quoted[1] ?? quoted[2] ?? '');
}
