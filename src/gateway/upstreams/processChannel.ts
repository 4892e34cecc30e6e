import type { ServerProcess } from '../../core/ports.ts';
import { mended } from '../../node/envelope.ts';
import { LineFramer } from '../../node/lines.ts';
import type { Channel, ChannelEnd } from '../channel.ts';

const keptOutputBytes = 8 * 1024;
const lineEnd = Buffer.from('\n');

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
  private lastOutput = '';
  private lastStream: 'out' | 'err' = 'err';

  constructor(process: ServerProcess) {
    this.process = process;
    this.id = process.id;
    this.freeze = process.freeze;
    this.thaw = process.thaw;
    const framer = new LineFramer((line) => this.take(line));
    let broken = false;
    process.onStdout((bytes) => {
      if (!broken) {
        try {
          framer.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        } catch (error) {
          broken = true;
          this.keep('out', `wharf: stopped. ${error instanceof Error ? error.message : String(error)}\n`);
          void process.stop();
        }
      }
    });
    process.onStderr((bytes) => this.keep('err', Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')));
    this.ended = process.exited.then(({ code }) => ({ code, lastOutput: this.lastOutput.trim() }));
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

  private take(line: Buffer): void {
    // Objects, and the batches of revision 2025-03-26; all else is noise of a start script or a print statement.
    if (line[0] === 0x7b || line[0] === 0x5b) {
      this.messageListener(mended(line));
    } else {
      const text = line.toString('utf8');
      this.keep('out', `${text}\n`);
      this.junkListener(text);
    }
  }

  /** A line of one stream may come in pieces, and is not mixed with one of the other. */
  private keep(stream: 'out' | 'err', text: string): void {
    const isNewLine = this.lastOutput === '' || this.lastOutput.endsWith('\n') || stream === this.lastStream;
    this.lastStream = stream;
    this.lastOutput = `${this.lastOutput}${isNewLine ? '' : '\n'}${text}`.slice(-keptOutputBytes);
  }
}
