import { maxLineBytes } from '../node/lines.ts';
import type { ClientLink } from './clientLink.ts';

/** The client on standard output of this process. */
export class StdioLink implements ClientLink {
  readonly cutOff: (reason: string) => void;

  /** `onEnd` is told why the client cannot be served any longer. */
  constructor(onEnd: (reason: string) => void) {
    this.cutOff = onEnd;
  }

  get queuedBytes(): number {
    return process.stdout.writableLength;
  }

  send(message: Buffer): void {
    process.stdout.cork();
    process.stdout.write(message);
    process.stdout.write('\n');
    process.nextTick(() => process.stdout.uncork());
    if (process.stdout.writableLength > 2 * maxLineBytes) {
      this.cutOff(`The client left ${process.stdout.writableLength} bytes unread.`);
    }
  }
}
