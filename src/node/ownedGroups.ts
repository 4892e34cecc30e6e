import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { identityOf, isAlive, ownIdentity, unknownBoot, type ProcessIdentity } from './machine.ts';
import { ensurePrivateFolder } from './privateFolder.ts';
import { endGroup, isGroupAlive, isOwnSession } from './processGroup.ts';

const patienceMs = 2_000;
const fileName = /^group-[0-9a-f]+-\d+\.json$/;

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
    const file = join(this.folder, `group-${this.owner.machine}-${leader}.json`);
    const entry: Entry = { version: 1, owner: this.owner, leader: identityOf(leader) };
    try {
      // Another gateway may look at any moment.
      writeFileSync(`${file}.new`, JSON.stringify(entry), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch {
      // A full disk must not keep a server from running; its input still ends with this process.
    }
    return () => rmSync(file, { force: true });
  }

  /** Ends the groups whose gateway is dead. Returns how many there were. */
  async endOrphans(): Promise<number> {
    // Process ids of another machine, or of another container that has the same folder, mean nothing here.
    const orphans = this.files().filter(({ entry }) => entry.owner.machine === this.owner.machine && !isAlive(entry.owner));
    const ended = await Promise.all(
      orphans.map(async ({ file, entry }) => {
        const isOurs = isSameGroup(entry) && isGroupAlive(entry.leader.pid);
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

  private files(): readonly { readonly file: string; readonly entry: Entry }[] {
    const names = this.makeFolder() ? readdirSync(this.folder) : [];
    return names
      .filter((name) => fileName.test(name))
      .flatMap((name) => {
        const file = join(this.folder, name);
        const entry = readEntry(file);
        return entry === undefined ? [] : [{ file, entry }];
      });
  }
}

/**
 * Whether the group is still the one that was written down, although process ids are used again: its leader is the same
 * process, or is gone and left members behind in its own session. Where the system tells no start times, nothing is believed.
 */
function isSameGroup({ leader, owner }: Entry): boolean {
  const own = ownIdentity();
  if (owner.boot !== own.boot || owner.boot === unknownBoot || leader.startedAt === '') {
    return false;
  }
  const now = identityOf(leader.pid);
  return now.startedAt === '' ? isOwnSession(leader.pid) : now.startedAt === leader.startedAt;
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
