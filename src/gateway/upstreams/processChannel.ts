import type { ServerProcess } from '../../core/ports.ts';
import { mended } from '../../node/envelope.ts';
import { skipSpace } from '../../node/jsonSpans.ts';
import { LineFramer } from '../../node/lines.ts';
import type { Channel, ChannelEnd } from '../channel.ts';
import { LastWords } from '../lastWords.ts';

/** More than is shown, so that secrets are found in it before it is cut to that. */
const keptOutput = 64 * 1024;
const longestLine = 32 * 1024;
const lineEnd = Buffer.from('\n');
/** What an engine tells of a container that got SIGKILL: 128 and the signal's number. The kernel does that when its memory is used up. */
const killed = 137;
const killedWords = 'It was killed, as the kernel does when a server needs more memory than it may have: "wharf.memory" gives it more.';

/** A server over stdin and stdout, one message per line, in a container or as a child process. */
export function processChannel(process: ServerProcess): Channel {
  return new ProcessChannel(process);
}

class ProcessChannel implements Channel {
  readonly id: string;
  readonly ended: Promise<ChannelEnd>;
  readonly freeze: Channel['freeze'];
  readonly thaw: Channel['thaw'];
  private readonly process: ServerProcess;
  private messageListener: (message: Buffer) => void = () => undefined;
  private junkListener: (text: string) => void = () => undefined;
  private waiting: Buffer[] = [];
  private unsent = 0;
  private readonly lastOutput = new LastWords(keptOutput);

  constructor(process: ServerProcess) {
    this.process = process;
    this.id = process.id;
    this.freeze = process.freeze;
    this.thaw = process.thaw;
    const framer = new LineFramer((line) => this.take(line));
    let broken: string | undefined;
    process.onStdout((bytes) => {
      if (broken === undefined) {
        try {
          framer.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        } catch (error) {
          broken = error instanceof Error ? error.message : String(error);
          this.lastOutput.add('out', `wharf: stopped. ${broken}\n`);
          void process.stop();
        }
      }
    });
    process.onStderr((bytes) => this.lastOutput.hear('err', bytes));
    this.ended = process.exited.then(({ code, why: known }) => {
      const words = known ?? (code === killed ? killedWords : undefined);
      const why = broken === undefined ? words : `Wharf ended it: ${broken}`;
      return { code, lastOutput: this.lastOutput.text.trim(), ...(why === undefined ? {} : { why }) };
    });
  }

  get queuedBytes(): number {
    return this.unsent;
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.messageListener = listener;
  }

  onJunk(listener: (text: string) => void): void {
    this.junkListener = listener;
  }

  send(message: Buffer): void {
    this.unsent += message.length + 1;
    if (this.waiting.push(message, lineEnd) === 2) {
      // What is said in one turn of the event loop goes out as one piece.
      process.nextTick(() => void this.flush());
    }
  }

  pause(): void {
    this.process.pauseOutput();
  }

  resume(): void {
    this.process.resumeOutput();
  }

  negotiated(): void {
    // Standard input and output have no headers.
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.concat(this.waiting);
    this.waiting = [];
    try {
      await this.process.write(bytes);
    } catch {
      // It is gone; `ended` tells.
    }
    this.unsent -= bytes.length;
  }

  private take(given: Buffer): void {
    const line = given.subarray(skipSpace(given, 0));
    // Objects, and the batches of revision 2025-03-26; all else is noise of a start script or a print statement.
    if (line[0] === 0x7b || line[0] === 0x5b) {
      this.messageListener(mended(line));
    } else {
      const text = beginningOf(line);
      this.lastOutput.add('out', `${text}\n`);
      this.junkListener(text);
    }
  }
}

/** The last word of a line that is cut may be a part of a secret, which nobody would recognize: it is left out. */
function beginningOf(line: Buffer): string {
  const text = line.toString('utf8', 0, longestLine);
  return line.length <= longestLine ? text : text.slice(0, Math.max(0, text.lastIndexOf(' '), text.lastIndexOf('\t')));
}
