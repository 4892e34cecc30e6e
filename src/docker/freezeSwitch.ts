import { setTimeout as pause } from 'node:timers/promises';

import type Docker from 'dockerode';

import { fail, ok, type Result } from '../shared/result.ts';
import { ask, statusOf, tellPatienceMs, type ProblemOf } from './answers.ts';

/** On a busy machine the kernel's freezer does not settle at once, and runc gives up ("unable to freeze"). */
const mostTries = 5;
const betweenTriesMs = 100;

/** Pauses and continues a container, one after the other: a request must not overtake the one before it. */
export class FreezeSwitch {
  private readonly container: Docker.Container;
  private readonly problemOf: ProblemOf;
  private turn: Promise<Result<null>> = Promise.resolve(ok(null));
  private wasFrozen = false;

  constructor(container: Docker.Container, problemOf: ProblemOf) {
    this.container = container;
    this.problemOf = problemOf;
  }

  freeze(): Promise<Result<null>> {
    this.wasFrozen = true;
    return this.next('pause');
  }

  thaw(): Promise<Result<null>> {
    return this.next('unpause');
  }

  /** Before the end: a paused container hears nothing, and some engines do not kill it. */
  async release(): Promise<void> {
    if (this.wasFrozen) {
      await this.thaw();
    }
  }

  private next(what: 'pause' | 'unpause'): Promise<Result<null>> {
    this.turn = this.turn.then(() => this.change(what));
    return this.turn;
  }

  private async change(what: 'pause' | 'unpause', tries = 1): Promise<Result<null>> {
    try {
      await ask(tellPatienceMs, (abortSignal) => this.container[what]({ abortSignal }));
      return ok(null);
    } catch (error) {
      // Somebody else may have done it.
      const isPaused = statusOf(error) === undefined ? undefined : await this.isPaused();
      if (what === 'pause' && isPaused === false && tries < mostTries) {
        await pause(betweenTriesMs);
        return this.change(what, tries + 1);
      }
      const isDone = isPaused === (what === 'pause');
      return isDone ? ok(null) : fail(this.problemOf(`${what} the container ${this.container.id.slice(0, 12)}`, error));
    }
  }

  /** Undefined when it does not run at all. */
  private async isPaused(): Promise<boolean | undefined> {
    try {
      const { State: state } = await ask(tellPatienceMs, (abortSignal) => this.container.inspect({ abortSignal }));
      return state.Running ? state.Paused : undefined;
    } catch {
      return undefined;
    }
  }
}
