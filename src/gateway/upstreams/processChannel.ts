import { StringDecoder } from 'node:string_decoder';

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
  private lastSource: 'stdout' | 'stderr' = 'stderr';
  /** What came before is not kept any more. */
  private isCut = false;

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
          this.keep(`\nwharf: stopped. ${error instanceof Error ? error.message : String(error)}\n`, 'stdout');
          void process.stop();
        }
      }
    });
    // A character, or a secret, may come in two pieces: it must be whole to be recognized.
    const errors = new StringDecoder('utf8');
    process.onStderr((bytes) => this.keep(errors.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)), 'stderr'));
    this.ended = process.exited.then(({ code }) => ({ code, lastOutput: this.lastWords }));
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
      this.keep(`${text}\n`, 'stdout');
      this.junkListener(text);
    }
  }

  private keep(text: string, source: 'stdout' | 'stderr'): void {
    const isApart = source !== this.lastSource && this.lastOutput !== '' && !this.lastOutput.endsWith('\n');
    const all = `${this.lastOutput}${isApart ? '\n' : ''}${text}`;
    this.lastSource = source;
    this.isCut ||= all.length > keptOutputBytes;
    this.lastOutput = all.slice(-keptOutputBytes);
  }

  /** A line that was cut may begin in the middle of a secret, which nobody would recognize: it is left out. */
  private get lastWords(): string {
    const lineEndAt = this.isCut ? this.lastOutput.indexOf('\n') : -1;
    const start = !this.isCut ? 0 : lineEndAt === -1 ? this.lastOutput.length : lineEndAt;
    return this.lastOutput.slice(start).trim();
  }
}
