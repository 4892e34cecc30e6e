import { readFile } from 'node:fs/promises';

/** A file with its bytes or with where they are; a path that ends with `/` is a folder. Paths are relative. */
export interface TarEntry {
  readonly path: string;
  readonly mode: number;
  readonly data?: Uint8Array;
  readonly file?: string;
  /** User and group; default 0. */
  readonly owner?: number;
}

const block = 512;

/** A ustar archive (POSIX.1-1988), the same bytes for the same entries: no times. One file is in memory at a time. */
export async function* tar(entries: Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    const data = entry.data ?? (entry.file === undefined ? new Uint8Array() : await readFile(entry.file));
    yield header(entry, data.length);
    yield data;
    yield new Uint8Array((block - (data.length % block)) % block);
  }
  yield new Uint8Array(2 * block);
}

function header(entry: TarEntry, size: number): Uint8Array {
  const bytes = Buffer.alloc(block);
  const { prefix, name } = splitPath(entry.path);
  bytes.write(name, 0);
  bytes.write(octal(entry.mode, 8), 100);
  bytes.write(octal(entry.owner ?? 0, 8), 108);
  bytes.write(octal(entry.owner ?? 0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.write(entry.path.endsWith('/') ? '5' : '0', 156);
  bytes.write('ustar\u000000', 257);
  bytes.write(prefix, 345);
  // The checksum is made with its own field full of spaces.
  bytes.fill(' ', 148, 156);
  bytes.write(
    `${octal(
      bytes.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
  );
  return bytes;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** A name holds 100 bytes; a longer path is cut at a slash into a prefix of up to 155 and the rest. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= 100) {
    return { prefix: '', name: path };
  }
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(slash + 1);
    if (Buffer.byteLength(name) <= 100 && name !== '' && Buffer.byteLength(path.slice(0, slash)) <= 155) {
      return { prefix: path.slice(0, slash), name };
    }
  }
  throw new Error(`The path is too long for a tar archive: ${path}`);
}
