import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

import { LineFramer } from '../../src/node/lines.ts';
import { until } from './until.ts';

export type RawMessage = Readonly<Record<string, unknown>> & {
  readonly error?: { readonly code: number; readonly data?: { readonly code: string } };
};

/** One end of a connection to the daemon, below everything that Wharf's own clients would do right. */
export class RawPeer {
  readonly messages: RawMessage[] = [];
  readonly socket: Socket;
  isClosed = false;

  constructor(t: TestContext, path: string) {
    this.socket = connect(path);
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.isClosed = true));
    const framer = new LineFramer((line) => this.messages.push(JSON.parse(line.toString()) as RawMessage));
    this.socket.on('data', (chunk: Buffer) => framer.push(chunk));
    t.after(() => this.socket.destroy());
  }

  send(message: unknown): void {
    this.socket.write(`${JSON.stringify(message)}\n`);
  }

  answerTo(id: number): Promise<RawMessage> {
    return until(() => this.messages.find((message) => message['id'] === id), { what: `the answer to ${id}` });
  }
}
