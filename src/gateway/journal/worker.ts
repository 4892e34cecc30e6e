import { renameSync, rmSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

import { isDamage, messageOf, openJournal } from './journalFile.ts';
import type { Batch, Failure, FromWorker, ToWorker, WorkerSettings } from './records.ts';
import { JournalStore } from './store.ts';
import { trim, usedBytes } from './trim.ts';

/** A file that could not be opened is tried again with what comes later, but no more often. */
const retryMs = 2_000;
const trimMs = 3_600_000;
/** So much is written before somebody looks at the size again. */
const trimEveryBytes = 4 * 1024 * 1024;

const settings = workerData as WorkerSettings;

/** The journal's own thread: SQLite waits for the disk, and nobody else shall. */
class JournalWorker {
  private database: DatabaseSync | undefined;
  private store: JournalStore | undefined;
  /** Which file was opened. */
  private file = '';
  private failure: Failure | undefined;
  private triedAt = -Infinity;
  private untrimmedBytes = 0;
  private isTrimming = false;
  /** The file was moved aside, and the next attempt begins a new one. */
  private isNew = false;

  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'write':
        this.write(message.batch);
        return;
      case 'list':
        say({ kind: 'listed', ask: message.ask, calls: this.read((store) => store.list(message.limit)) ?? [] });
        return;
      case 'show':
        say({ kind: 'shown', ask: message.ask, call: this.read((store) => store.show(message.id)) ?? null });
        return;
      case 'close':
        this.attempt((store) => store.close());
        this.shut();
        say({ kind: 'closed' });
    }
  }

  trim(): void {
    if (this.database !== undefined && !this.isTrimming) {
      this.isTrimming = true;
      this.trimOn();
    }
  }

  private write(batch: Batch): void {
    const write = (): boolean => this.attempt((store) => store.write(batch)) !== undefined;
    const isWritten = write() || (this.isNew && write());
    if (!isWritten || this.database === undefined) {
      say({ kind: 'written', bytes: null, lost: batch.calls.length });
      return;
    }
    this.failure = undefined;
    say({ kind: 'written', bytes: usedBytes(this.database), lost: 0 });
    this.untrimmedBytes += batch.bytes;
    if (this.untrimmedBytes >= trimEveryBytes) {
      this.untrimmedBytes = 0;
      this.trim();
    }
  }

  private read<Value>(work: (store: JournalStore) => Value): Value | undefined {
    return this.attempt(work)?.value;
  }

  /** undefined when it failed, which was told. */
  private attempt<Value>(work: (store: JournalStore) => Value): { readonly value: Value } | undefined {
    try {
      const store = this.opened();
      return store && { value: work(store) };
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  private opened(): JournalStore | undefined {
    if (this.store !== undefined || performance.now() - this.triedAt < retryMs || this.failure?.kind === 'newer') {
      return this.store;
    }
    this.triedAt = performance.now();
    this.isNew = false;
    let opened = openJournal(settings.path);
    if (opened.kind === 'damaged') {
      this.setAside(opened.detail);
      opened = openJournal(settings.path);
    }
    if (opened.kind === 'open') {
      this.file = fileAt(settings.path);
      this.begin(opened.database);
    } else if (opened.kind === 'newer') {
      this.tell({ kind: 'newer', version: opened.version });
    } else {
      this.tell({ kind: 'unwritable', detail: opened.detail });
    }
    return this.store;
  }

  private begin(database: DatabaseSync): void {
    try {
      const store = new JournalStore(database, settings.run);
      store.endLost(settings.lostResult);
      this.database = database;
      this.store = store;
      say({ kind: 'opened', bytes: usedBytes(database) });
      setImmediate(() => this.trim());
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private failed(error: unknown): void {
    let reason = error;
    if (isDamage(error)) {
      this.shut();
      this.triedAt = -Infinity;
      try {
        // Where another gateway has moved it aside already, its new journal lies there now.
        if (fileAt(settings.path) === this.file) {
          this.setAside(messageOf(error));
        }
        this.isNew = true;
        return;
      } catch (unmovable) {
        reason = unmovable;
      }
    }
    this.tell({ kind: 'unwritable', detail: messageOf(reason) });
  }

  /** Said when it begins, not with each batch. */
  private tell(failure: Failure): void {
    if (this.failure?.kind !== failure.kind) {
      say({ kind: 'failed', failure });
    }
    this.failure = failure;
  }

  /** One such file is kept, for whoever wants to look at it: the last one. */
  private setAside(detail: string): void {
    const aside = settings.path.replace(/\.db$/, '.damaged.db');
    for (const suffix of ['', '-wal', '-shm']) {
      rmSync(`${aside}${suffix}`, { force: true });
      try {
        renameSync(`${settings.path}${suffix}`, `${aside}${suffix}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
          throw error;
        }
      }
    }
    say({ kind: 'setAside', aside, detail });
  }

  /** A step at a time, so that what comes meanwhile is written. */
  private trimOn(): void {
    const isDone = this.attempt(() => this.database === undefined || !trim(this.database, settings.limits, Date.now()))?.value ?? true;
    if (isDone) {
      this.isTrimming = false;
    } else {
      setImmediate(() => this.trimOn());
    }
  }

  private shut(): void {
    const { database } = this;
    this.store = undefined;
    this.database = undefined;
    try {
      database?.close();
    } catch {
      // What could not be written was told.
    }
  }
}

/** Names the file behind a path; empty where there is none. */
function fileAt(path: string): string {
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  return facts === undefined ? '' : `${facts.dev}:${facts.ino}`;
}

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

const worker = new JournalWorker();
parentPort?.on('message', (message: ToWorker) => worker.receive(message));
setInterval(() => worker.trim(), trimMs).unref();
