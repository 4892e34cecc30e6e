import { resolve, sep } from 'node:path';

/** A folder of this computer, or the data of a server by any name that is no path, while a call has it. */
export interface HeldFolder {
  readonly source: string;
  readonly readOnly: boolean;
}

interface Turn {
  readonly folders: readonly HeldFolder[];
  readonly over: Promise<void>;
}

/**
 * Who may write to a folder has it, and what lies in it and around it, alone. What is mounted is looked at first, and the engine
 * mounts it a moment later: in between, a call that writes there could put a link to elsewhere in its place.
 */
export class FolderTurns {
  private readonly turns = new Set<Turn>();

  /** Resolves when nobody who came before has one of these folders, to a function that gives them back. */
  async take(folders: readonly HeldFolder[]): Promise<() => void> {
    const before = [...this.turns].filter((turn) => turn.folders.some((one) => folders.some((other) => isInTheWay(one, other))));
    let end: () => void = () => undefined;
    const turn: Turn = { folders, over: new Promise((resolved) => (end = resolved)) };
    this.turns.add(turn);
    await Promise.all(before.map(({ over }) => over));
    return () => {
      this.turns.delete(turn);
      end();
    };
  }
}

function isInTheWay(one: HeldFolder, other: HeldFolder): boolean {
  const [a, b] = [plain(one.source), plain(other.source)];
  return !(one.readOnly && other.readOnly) && (a.startsWith(b) || b.startsWith(a));
}

/** Some file systems take names for the same that differ in their case. */
function plain(source: string): string {
  const path = resolve(source).normalize('NFKC').toLowerCase();
  return path.endsWith(sep) ? path : `${path}${sep}`;
}
