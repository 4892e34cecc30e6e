import { constants } from 'node:fs';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';

import * as problems from '../../core/problems.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { describeError } from '../describeError.ts';
import { auditLine, type AuditSink } from './audit.ts';

export interface AuditFileLimits {
  /** Bytes of the file before it becomes FILE.1. */
  readonly bytes: number;
  /** Older files that are kept. */
  readonly kept: number;
  /** Lines that may wait to be written. */
  readonly waiting: number;
}

const defaultLimits: AuditFileLimits = { bytes: 16 * 1024 * 1024, kept: 5, waiting: 10_000 };
/** How often it is looked whether another program, such as logrotate, moved the file away. */
const lookMs = 1_000;

/** Opens the file of audit lines for appending; it is private to its user. Fails with `auditUnusable`. */
export async function openAuditFile(
  path: string,
  log: (line: string) => void,
  limits: Partial<AuditFileLimits> = {},
): Promise<Result<AuditSink>> {
  try {
    return ok(new AuditFile(path, await openFile(path), log, { ...defaultLimits, ...limits }));
  } catch (error) {
    return fail(problems.auditUnusable(path, error instanceof Error ? error.message : String(error)));
  }
}

class AuditFile implements AuditSink {
  private readonly path: string;
  private readonly log: (line: string) => void;
  private readonly limits: AuditFileLimits;
  private file: OpenFile;
  private lines: string[] = [];
  private lost = 0;
  private looked = performance.now();
  private working: Promise<void> | undefined;
  private isFailing = false;

  constructor(path: string, file: OpenFile, log: (line: string) => void, limits: AuditFileLimits) {
    this.path = path;
    this.file = file;
    this.log = log;
    this.limits = limits;
  }

  write(line: string): void {
    if (this.lines.length >= this.limits.waiting) {
      this.lost++;
      return;
    }
    this.lines.push(`${line}\n`);
    this.working ??= this.work().finally(() => (this.working = undefined));
  }

  async close(): Promise<void> {
    while (this.working !== undefined) {
      await this.working;
    }
    await this.file.handle.close();
  }

  private async work(): Promise<void> {
    // What is said in the same turn is written together.
    await Promise.resolve();
    while (this.lines.length > 0) {
      const lines = this.lines.splice(0);
      try {
        await this.makeRoom();
        const text = `${this.lost > 0 ? `${auditLine({ event: 'lost', count: this.lost })}\n` : ''}${lines.join('')}`;
        await this.file.handle.appendFile(text);
        this.file.bytes += Buffer.byteLength(text);
        this.lost = 0;
        this.isFailing = false;
      } catch (error) {
        this.lost += lines.length;
        if (!this.isFailing) {
          this.isFailing = true;
          this.log(`The audit log ${this.path} cannot be written; its next line will say how many are lost: ${describeError(error)}`);
        }
      }
    }
  }

  private async makeRoom(): Promise<void> {
    if (this.file.bytes >= this.limits.bytes) {
      await this.rotate();
    } else if (performance.now() - this.looked >= lookMs) {
      this.looked = performance.now();
      const facts = await stat(this.path).catch(() => undefined);
      if (facts?.ino !== this.file.inode) {
        await this.reopen();
      }
    }
  }

  private async rotate(): Promise<void> {
    await rm(`${this.path}.${this.limits.kept}`, { force: true });
    for (let number = this.limits.kept - 1; number >= 0; number--) {
      const older = number === 0 ? this.path : `${this.path}.${number}`;
      await rename(older, `${this.path}.${number + 1}`).catch(() => undefined);
    }
    await this.reopen();
  }

  private async reopen(): Promise<void> {
    const before = this.file;
    this.file = await openFile(this.path);
    await before.handle.close();
  }
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: number;
  bytes: number;
}

/** A link could lead the lines into another file, and a pipe could hold them up. */
async function openFile(path: string): Promise<OpenFile> {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) {
      throw new Error('it is not a regular file');
    }
    if (facts.uid !== (process.getuid?.() ?? facts.uid)) {
      throw new Error('it belongs to another user');
    }
    if (process.platform !== 'win32' && (facts.mode & 0o077) !== 0) {
      await handle.chmod(0o600);
    }
    return { handle, inode: facts.ino, bytes: facts.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
