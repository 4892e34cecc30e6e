import type { ServerExit, ServerProcess } from '../../src/core/ports.ts';

export interface Heard {
  readonly id?: number;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

type Answer = (message: Heard, server: ScriptedServer) => void;

/** An MCP server in the test's own memory, so that a test decides about every byte and about the moment that it ends. */
export class ScriptedServer implements ServerProcess {
  readonly id = 'scripted';
  readonly exited: Promise<ServerExit>;
  readonly heard: Heard[] = [];
  stops = 0;
  paused = false;
  private readonly out = new Set<(bytes: Uint8Array) => void>();
  private readonly err = new Set<(bytes: Uint8Array) => void>();
  private readonly answer: Answer;
  private finish: (exit: ServerExit) => void = () => undefined;

  constructor(answer: Answer) {
    this.answer = answer;
    this.exited = new Promise((resolve) => (this.finish = resolve));
  }

  write(bytes: Uint8Array): Promise<void> {
    for (const line of Buffer.from(bytes).toString().split('\n').filter(Boolean)) {
      const message = JSON.parse(line) as Heard;
      this.heard.push(message);
      // Later, as over a pipe.
      setImmediate(() => this.answer(message, this));
    }
    return Promise.resolve();
  }

  onStdout(listener: (bytes: Uint8Array) => void): void {
    this.out.add(listener);
  }

  onStderr(listener: (bytes: Uint8Array) => void): void {
    this.err.add(listener);
  }

  pauseOutput(): void {
    this.paused = true;
  }

  resumeOutput(): void {
    this.paused = false;
  }

  endInput(): void {
    this.end(0);
  }

  stop(): Promise<void> {
    this.stops += 1;
    this.end(0);
    return Promise.resolve();
  }

  /** Writes bytes to stdout as they are. */
  say(text: string | Uint8Array): void {
    this.out.forEach((listener) => listener(Buffer.from(text)));
  }

  send(message: Readonly<Record<string, unknown>>): void {
    this.say(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  complain(text: string): void {
    this.err.forEach((listener) => listener(Buffer.from(text)));
  }

  end(code: number | null): void {
    this.finish({ code });
  }
}

/** Answers `initialize` and lists these tools; everything else goes to `answer`. */
export function soundServer(tools: readonly string[], answer: Answer = () => undefined): ScriptedServer {
  return new ScriptedServer((message, server) => {
    const { id, method } = message;
    if (method === 'initialize') {
      server.send({
        id,
        result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'scripted', version: '1' } },
      });
    } else if (method === 'tools/list') {
      server.send({ id, result: { tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })) } });
    } else {
      answer(message, server);
    }
  });
}
