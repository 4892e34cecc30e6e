import { mended } from '../../node/envelope.ts';
import type { Problem } from '../../shared/problem.ts';
import type { ChannelEnd } from '../channel.ts';
import { onOneLine } from '../oneLine.ts';

/** The owner's side of a remote channel: its listeners, and its one end. */
export class ChannelOutlet {
  readonly ended: Promise<ChannelEnd>;
  onMessage: (message: Buffer) => void = () => undefined;
  onJunk: (text: string) => void = () => undefined;
  private resolveEnd: (end: ChannelEnd) => void = () => undefined;
  private over = false;

  constructor() {
    this.ended = new Promise((resolve) => (this.resolveEnd = resolve));
  }

  get isOver(): boolean {
    return this.over;
  }

  /** One message of the server. `bytes` may be changed. */
  deliver(bytes: Buffer): void {
    if (!this.over) {
      this.onMessage(mended(onOneLine(bytes)));
    }
  }

  junk(text: string): void {
    if (!this.over) {
      this.onJunk(text);
    }
  }

  /** From now on nothing is delivered. `settled` is what has to happen before `ended` may resolve. */
  end(lastOutput: string, settled: Promise<void> = Promise.resolve(), problem?: Problem): void {
    if (!this.over) {
      this.over = true;
      void settled.then(() => this.resolveEnd({ code: null, lastOutput, ...(problem === undefined ? {} : { problem }) }));
    }
  }
}
