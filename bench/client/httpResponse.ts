const eventEnd = Buffer.from('\n\n');

/** One response of HTTP/1.1 as it comes in, whose body is never copied before it is whole. */
export class HttpResponse {
  status = 0;
  readonly headers = new Map<string, string>();
  isComplete = false;
  private readonly pieces: Buffer[] = [];
  private state: 'head' | 'body' | 'chunkSize' | 'chunk' | 'trailer' = 'head';
  private begun: Buffer = Buffer.alloc(0);
  private remaining = 0;

  /** The body so far. */
  get body(): Buffer {
    if (this.pieces.length > 1) {
      this.pieces.splice(0, this.pieces.length, Buffer.concat(this.pieces));
    }
    return this.pieces[0] ?? Buffer.alloc(0);
  }

  /** Whether what came last ends an event of a stream. */
  get endsEvent(): boolean {
    const last = this.pieces.at(-1);
    return last?.subarray(-2).equals(eventEnd) === true;
  }

  push(data: Buffer): void {
    let rest: Buffer | undefined = data;
    while (rest !== undefined && rest.length > 0 && !this.isComplete) {
      rest = this.step(rest);
    }
  }

  /** Takes one part from the front. Gives what follows it. */
  private step(data: Buffer): Buffer | undefined {
    switch (this.state) {
      case 'head':
        return this.upTo('\r\n\r\n', data, (text) => this.readHead(text));
      case 'chunkSize':
        return this.upTo('\r\n', data, (text) => {
          this.remaining = Number.parseInt(text, 16) + 2;
          this.state = this.remaining === 2 ? 'trailer' : 'chunk';
        });
      case 'trailer':
        return this.upTo('\r\n', data, () => (this.isComplete = true));
      case 'body':
      case 'chunk':
        return this.readBody(data);
    }
  }

  private upTo(end: string, data: Buffer, read: (text: string) => void): Buffer | undefined {
    const all = this.begun.length === 0 ? data : Buffer.concat([this.begun, data]);
    const at = all.indexOf(end);
    if (at === -1) {
      this.begun = all;
      return undefined;
    }
    this.begun = Buffer.alloc(0);
    read(all.toString('latin1', 0, at));
    return all.subarray(at + end.length);
  }

  private readHead(text: string): void {
    const [first = '', ...lines] = text.split('\r\n');
    this.status = Number(first.split(' ')[1]);
    for (const line of lines) {
      const colon = line.indexOf(':');
      this.headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    if (this.headers.get('transfer-encoding')?.toLowerCase() === 'chunked') {
      this.state = 'chunkSize';
      return;
    }
    this.remaining = Number(this.headers.get('content-length') ?? 0);
    this.state = 'body';
    this.isComplete = this.remaining === 0;
  }

  /** A chunk is counted with the line end behind it. */
  private readBody(data: Buffer): Buffer {
    const taken = data.subarray(0, this.remaining);
    const own = this.state === 'chunk' ? Math.min(taken.length, Math.max(0, this.remaining - 2)) : taken.length;
    if (own > 0) {
      this.pieces.push(taken.subarray(0, own));
    }
    this.remaining -= taken.length;
    if (this.remaining === 0) {
      this.isComplete = this.state === 'body';
      this.state = 'chunkSize';
    }
    return data.subarray(taken.length);
  }
}
