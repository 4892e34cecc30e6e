/** What the header of a file or folder in a tar archive says. A path that ends with `/` is a folder's. Paths are relative. */
export interface ArchiveEntry {
  readonly path: string;
  readonly mode: number;
  /** User and group; default 0. */
  readonly owner?: number;
}

const block = 512;

/** The end of an archive. */
export const archiveEnd = new Uint8Array(2 * block);

/** What follows a file of so many bytes. */
export function padding(size: number): Uint8Array {
  return new Uint8Array((block - (size % block)) % block);
}

/** A ustar header (POSIX.1-1988), without a time. */
export function archiveHeader(entry: ArchiveEntry, size: number): Uint8Array {
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
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 7)} `, 148);
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
