import { open, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { ok, type Result } from '../../shared/result.ts';
import { ensurePrivateFolder } from '../privateFolder.ts';
import { readTextFile, replaceTextFile, type TextFile } from '../textFile.ts';
import { parseVault, vaultText, type VaultFile } from './vaultFile.ts';

/** A vault as its file says it, and the file as it was read. */
export interface ReadVault {
  readonly text: TextFile;
  /** Undefined where there is no file yet. */
  readonly file: VaultFile | undefined;
}

/** How often somebody else may write first before it is given up: each time means that another one succeeded. */
const mostTries = 100;

export function vaultPath(dataFolder: string): string {
  return join(dataFolder, 'vault.json');
}

/** The file of a vault. Nothing of it is kept in memory: other gateways of the same user write it, too. */
export class VaultStore {
  readonly path: string;
  private readonly folder: string;

  constructor(dataFolder: string) {
    this.folder = dataFolder;
    this.path = vaultPath(dataFolder);
  }

  async read(): Promise<Result<ReadVault>> {
    const text = await readTextFile(this.path);
    if (!text.ok) {
      return text;
    }
    if (text.value.hash === null) {
      return ok({ text: text.value, file: undefined });
    }
    const file = parseVault(text.value.text, this.path);
    return file.ok ? ok({ text: text.value, file: file.value }) : file;
  }

  /** Writes in one step. Fails with WHARF_FILE_CHANGED when another program wrote meanwhile. */
  async write(read: ReadVault, file: VaultFile): Promise<Result<null>> {
    const folder = ensurePrivateFolder(await realpath(this.folder).catch(() => this.folder));
    if (!folder.ok) {
      return folder;
    }
    // No backup: what was removed, or encrypted with an older key, would still be in it.
    const written = await replaceTextFile(read.text, vaultText(file), null, 0o600);
    if (!written.ok) {
      return written;
    }
    await this.syncFolder();
    return ok(null);
  }

  /** The new name of the file is on the disk as well: an old key may be thrown away after this. */
  private async syncFolder(): Promise<void> {
    // Windows has no such thing.
    const folder = await open(this.folder, 'r').catch(() => undefined);
    await folder?.sync().catch(() => undefined);
    await folder?.close();
  }

  /** Reads, edits and writes; once more when another program was faster, or the edit says so with WHARF_FILE_CHANGED. An edit that gives no file writes nothing. */
  async change<T>(
    edit: (file: VaultFile | undefined) => Promise<Result<{ readonly file?: VaultFile; readonly value: T }>>,
  ): Promise<Result<T>> {
    for (let tries = 1; ; tries += 1) {
      const read = await this.read();
      if (!read.ok) {
        return read;
      }
      const edited = await edit(read.value.file);
      const written = !edited.ok || edited.value.file === undefined ? edited : await this.write(read.value, edited.value.file);
      if (edited.ok && written.ok) {
        return ok(edited.value.value);
      }
      if (!written.ok && (written.problem.code !== 'WHARF_FILE_CHANGED' || tries === mostTries)) {
        return written;
      }
    }
  }
}
