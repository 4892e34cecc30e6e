import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { identityOf, isAlive, ownIdentity, type ProcessIdentity } from './machine.ts';
import { ensurePrivateFolder } from './privateFolder.ts';
import { endGroup, isGroupAlive } from './processGroup.ts';

const patienceMs = 2_000;
const fileName = /^group-\d+\.json$/;

interface Entry {
  readonly version: 1;
  /** Who started it. */
  readonly owner: ProcessIdentity;
  readonly leader: ProcessIdentity;
}

/**
 * Which process groups belong to which gateway, one file each: what a gateway that was killed left behind is ended by the
 * next one, as its containers are.
 */
export class OwnedGroups {
  private readonly folder: string;
  private readonly owner = ownIdentity();

  constructor(runtimeFolder: string) {
    this.folder = runtimeFolder;
  }

  /** Writes down a group that this process just started. The returned function is called when nothing is left of it. */
  add(leader: number): () => void {
    if (!this.makeFolder()) {
      return () => undefined;
    }
    const file = join(this.folder, `group-${leader}.json`);
    const entry: Entry = { version: 1, owner: this.owner, leader: identityOf(leader) };
    try {
      writeFileSync(file, JSON.stringify(entry), { mode: 0o600 });
    } catch {
      // A full disk must not keep a server from running; its input still ends with this process.
    }
    return () => rmSync(file, { force: true });
  }

  /** Ends the groups whose gateway is dead. Returns how many there were. */
  async endOrphans(): Promise<number> {
    const orphans = this.files().filter(({ entry }) => entry === undefined || !isAlive(entry.owner));
    const ended = await Promise.all(
      orphans.map(async ({ file, entry }) => {
        const isOurs = entry !== undefined && isSameGroup(entry) && isGroupAlive(entry.leader.pid);
        if (isOurs) {
          await endGroup(entry.leader.pid, patienceMs);
        }
        rmSync(file, { force: true });
        return isOurs;
      }),
    );
    return ended.filter(Boolean).length;
  }

  /** Somebody else's folder is not believed: it could name any process of ours. */
  private makeFolder(): boolean {
    return ensurePrivateFolder(this.folder).ok;
  }

  private files(): readonly { readonly file: string; readonly entry: Entry | undefined }[] {
    const names = this.makeFolder() ? readdirSync(this.folder) : [];
    return names
      .filter((name) => fileName.test(name))
      .map((name) => ({ file: join(this.folder, name), entry: readEntry(join(this.folder, name)) }));
  }
}

/**
 * A process id is used again one day, but never while a group has it (fork in POSIX). So the group is the one that was
 * written down when its leader is, or when it has members and its leader is gone, in the same boot.
 */
function isSameGroup({ leader, owner }: Entry): boolean {
  const now = identityOf(leader.pid);
  return owner.boot === ownIdentity().boot && (now.startedAt === '' || now.startedAt === leader.startedAt);
}

function readEntry(file: string): Entry | undefined {
  try {
    const entry = JSON.parse(readFileSync(file, 'utf8')) as Partial<Entry>;
    const pid = entry.leader?.pid;
    // A group of 0 is our own, and one of 1 is everybody's.
    return entry.version === 1 && entry.owner !== undefined && pid !== undefined && Number.isInteger(pid) && pid > 1
      ? (entry as Entry)
      : undefined;
  } catch {
    return undefined;
  }
}
