import type { Problem } from '../shared/problem.ts';
import type { Result } from '../shared/result.ts';

/** Why a channel carries nothing any more. */
export interface ChannelEnd {
  /** Exit code of the process behind it; null for a signal, or where there is no process. */
  readonly code: number | null;
  /** The last words of the server, such as its stderr or the HTTP status that it gave; may be empty. */
  readonly lastOutput: string;
  /** What a person has to do before the server can be used again; undefined where it may just be started again. */
  readonly problem?: Problem;
  /** A sentence that says why, where Wharf ended it or knows who did. */
  readonly why?: string;
}

/**
 * A connection to one MCP server that carries one JSON-RPC message per unit, as bytes of
 * JSON text without a line end. Containers, child processes and remote servers look the same behind it.
 */
export interface Channel {
  /** Container id, process id or URL, for people and for logs. */
  readonly id: string;
  /** Takes one message; never throws. What cannot be delivered ends the channel, or is answered with a JSON-RPC error of its own. */
  send(message: Buffer): void;
  /** Bytes that were sent and not yet taken. */
  readonly queuedBytes: number;
  /** Hears every message of the server, from the next turn of the event loop on. Called once, before anything is sent. The bytes are the listener's: nobody changes them any more. */
  onMessage(listener: (message: Buffer) => void): void;
  /** Hears what is no message, such as a line of text on a server's stdout. */
  onJunk(listener: (text: string) => void): void;
  /** What the server sends from now on waits where it is, until `resume`. */
  pause(): void;
  resume(): void;
  /** Resolves when nothing comes any more, after the last message. */
  readonly ended: Promise<ChannelEnd>;
  /** Called when the handshake is over: HTTP needs the revision for its headers. */
  negotiated(protocolVersion: string): void;
  /** Freezes the server's work until `thaw`; absent where that cannot be done. */
  readonly freeze?: (() => Promise<Result<null>>) | undefined;
  readonly thaw?: (() => Promise<Result<null>>) | undefined;
  /** Resolves when nothing is left of it. May be called again. */
  stop(): Promise<void>;
}
