import type { RequestId } from '../shared/mcp.ts';

/** The way from a session to its client: a shim's socket, stdio, or an HTTP session's streams. */
export interface ClientLink {
  /**
   * One JSON-RPC message as JSON text, without a line end. `about` is the id of the client's request that it
   * belongs to, as the client wrote it: over HTTP the message goes on that request's stream.
   */
  send(message: Buffer, about?: RequestId): void;
  /** Bytes that the client has not taken yet. */
  readonly queuedBytes: number;
  /** Ends the connection: the client takes nothing any more, or said something that nobody can mean. */
  cutOff(reason: string): void;
}

/** One MCP client's session, as a transport sees it. */
export interface ClientSession {
  /** One JSON-RPC message of the client, as JSON text. */
  receive(message: Buffer): void;
  /** The client's queue is short again: goes on after `ClientLink.queuedBytes` was high. */
  drained(): void;
  /** Resolves when nothing of the session is left. */
  close(): Promise<void>;
}
