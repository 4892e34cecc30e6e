import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import * as problems from '../../core/problems.ts';
import { ensurePrivateFolder } from '../../node/privateFolder.ts';
import type { JournalReport } from '../../shared/controlProtocol.ts';
import { describeProblem, type Problem } from '../../shared/problem.ts';
import { describeError } from '../describeError.ts';
import type { KeptCall } from '../keptCall.ts';
import { pack, Rooms } from './pack.ts';
import type { CallRecord, Failure, FromWorker, Limits, Run, ServerEvent, StoredCall, ToWorker, WorkerSettings } from './records.ts';
import { Waiting } from './waiting.ts';

/** At most so much of the last moments is lost by a crash. */
const delayMs = 100;
/** Batches on their way to the thread. */
const mostSent = 2;
const closePatienceMs = 3_000;
/** A disk that hangs must not make those wait who only want to see the newest calls. */
const readPatienceMs = 3_000;
const megabyte = 1024 * 1024;
const defaultLimits: Limits = { bytes: 256 * megabyte, ageMs: 30 * 24 * 3_600_000, events: 100_000 };

export interface JournalOptions {
  readonly path: string;
  /** Where the program of its thread is. */
  worker(): string | URL;
  readonly run: Run;
  readonly limits?: Limits;
  /** Takes secrets out of a text. */
  clean(text: string): string;
  log(line: string): void;
}

type Answer =
  { readonly kind: 'listed'; readonly calls: readonly StoredCall[] } | { readonly kind: 'shown'; readonly call: CallRecord | null };

/**
 * Calls and what happened to servers, in a file that outlives the gateway. It is written in a thread of its own, which starts
 * with the first that is to be written or read. Whatever happens to the file, calls go on.
 */
export class Journal {
  private readonly options: JournalOptions;
  private readonly waiting = new Waiting();
  private readonly rooms = new Rooms();
  private readonly asked = new Map<number, (answer: Answer | undefined) => void>();
  private sent: (() => void)[] = [];
  private worker: Worker | undefined;
  private timer: NodeJS.Timeout | undefined;
  private problem: Problem | null = null;
  private bytes: number | null = null;
  private isOver = false;
  private toldBehind = false;
  private nextAsk = 1;
  private markSettled: () => void = () => undefined;

  constructor(options: JournalOptions) {
    this.options = options;
  }

  /** A call that began, or of which more is known. */
  put(call: KeptCall): void {
    if (this.isOver) {
      this.waiting.dropped += call.isRunning ? 0 : 1;
    } else if (this.waiting.put(call)) {
      this.timer ??= setTimeout(() => this.flush(), delayMs).unref();
    } else if (!this.toldBehind) {
      this.toldBehind = true;
      this.options.log(describeProblem(problems.journalBehind(this.options.path)));
    }
  }

  event(event: ServerEvent): void {
    if (!this.isOver) {
      this.waiting.event({ ...event, server: this.options.clean(event.server), text: this.options.clean(event.text) });
      this.timer ??= setTimeout(() => this.flush(), delayMs).unref();
    }
  }

  /** The newest, oldest first; nothing where the file cannot be read. */
  async list(limit: number): Promise<readonly StoredCall[]> {
    const answer = await this.ask((ask) => ({ kind: 'list', ask, limit }));
    return answer?.kind === 'listed' ? answer.calls : [];
  }

  async show(id: string): Promise<CallRecord | null> {
    const answer = await this.ask((ask) => ({ kind: 'show', ask, id }));
    return answer?.kind === 'shown' ? answer.call : null;
  }

  report(): JournalReport {
    return { file: this.options.path, bytes: this.bytes, dropped: this.waiting.dropped, problem: this.problem };
  }

  /** Resolves when all that was put is written, or some seconds went by. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    if (this.worker === undefined && (this.isOver || this.waiting.isEmpty)) {
      this.isOver = true;
      return;
    }
    const end = Date.now() + closePatienceMs;
    const patience = (): Promise<void> => pause(Math.max(0, end - Date.now()), undefined, { ref: false });
    while (!this.isOver && !(this.waiting.isEmpty && this.sent.length === 0) && Date.now() < end) {
      this.flush();
      // Until all is written the gateway may have nothing else to do.
      this.worker?.ref();
      await Promise.race([new Promise<void>((resolve) => (this.markSettled = resolve)), patience()]);
    }
    const worker = this.worker;
    if (worker !== undefined && !this.isOver) {
      const closed = new Promise<void>((resolve) => (this.markSettled = resolve));
      this.post({ kind: 'close' });
      await Promise.race([closed, patience()]);
    }
    this.isOver = true;
    await worker?.terminate();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (!this.isOver && !this.waiting.isEmpty && this.sent.length < mostSent && this.start() !== undefined) {
      const { calls, events, over } = this.waiting.take();
      const packed = pack(calls, (text) => this.options.clean(text), this.rooms);
      this.sent.push(() => {
        over();
        this.rooms.giveBack(packed.bodies);
      });
      this.post({ kind: 'write', batch: { ...packed, events, dropped: this.waiting.dropped } });
    }
  }

  private async ask(make: (ask: number) => ToWorker): Promise<Answer | undefined> {
    if (this.isOver || this.start() === undefined) {
      return undefined;
    }
    this.flush();
    const ask = this.nextAsk++;
    const answer = new Promise<Answer | undefined>((resolve) => this.asked.set(ask, resolve));
    this.post(make(ask));
    const given = await Promise.race([answer, pause(readPatienceMs, undefined, { ref: false })]);
    this.asked.delete(ask);
    return given;
  }

  private start(): Worker | undefined {
    if (this.worker !== undefined || this.isOver) {
      return this.worker;
    }
    const { path, run, limits = defaultLimits } = this.options;
    const folder = ensurePrivateFolder(dirname(path));
    if (!folder.ok) {
      this.end(problems.journalUnwritable(path, folder.problem.message));
      return undefined;
    }
    const settings: WorkerSettings = { path, run, limits, lostResult: JSON.stringify(problems.daemonLost()) };
    let worker: Worker;
    try {
      worker = new Worker(this.options.worker(), {
        workerData: settings,
        env: {},
        execArgv: ['--disable-warning=ExperimentalWarning'],
        name: 'wharf journal',
      });
    } catch (error) {
      this.end(problems.journalEnded(path, describeError(error)));
      return undefined;
    }
    // It never keeps a gateway alive that has nothing else to do.
    worker.unref();
    worker.on('message', (message: FromWorker) => this.hear(message));
    worker.on('error', (error) => this.end(problems.journalEnded(path, describeError(error))));
    worker.on('exit', () => this.end(problems.journalEnded(path, 'its thread left')));
    return (this.worker = worker);
  }

  private hear(message: FromWorker): void {
    switch (message.kind) {
      case 'written':
        this.written(message.bytes, message.lost);
        return;
      case 'opened':
        this.isWell(message.bytes);
        return;
      case 'failed':
        this.tell(problemOf(this.options.path, message.failure));
        return;
      case 'setAside':
        this.options.log(describeProblem(problems.journalDamaged(this.options.path, message.aside, message.detail)));
        return;
      case 'listed':
      case 'shown':
        this.asked.get(message.ask)?.(message);
        return;
      case 'closed':
        this.markSettled();
    }
  }

  private written(bytes: number | null, lost: number): void {
    this.sent.shift()?.();
    this.waiting.dropped += lost;
    if (bytes !== null) {
      this.isWell(bytes);
    }
    if (!this.waiting.isEmpty && this.timer === undefined) {
      this.flush();
    }
    this.markSettled();
  }

  private isWell(bytes: number): void {
    this.bytes = bytes;
    if (this.problem !== null) {
      this.problem = null;
      this.options.log(`The journal ${this.options.path} is written again.`);
    }
  }

  private tell(problem: Problem): void {
    this.problem = problem;
    this.options.log(describeProblem(problem));
  }

  /** Nothing more is written in this run. */
  private end(problem: Problem): void {
    if (this.isOver) {
      return;
    }
    this.isOver = true;
    this.worker = undefined;
    this.sent = [];
    this.waiting.giveUp();
    this.tell(problem);
    this.asked.forEach((answer) => answer(undefined));
    this.markSettled();
  }

  private post(message: ToWorker): void {
    this.worker?.postMessage(message);
  }
}

function problemOf(path: string, failure: Failure): Problem {
  return failure.kind === 'newer' ? problems.journalNewer(path, failure.version) : problems.journalUnwritable(path, failure.detail);
}
