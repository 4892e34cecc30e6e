import type { McpTool } from './mcp.ts';

/** A server of a profile as it is found now, in full. */
export interface FoundServer {
  readonly name: string;
  /** Null for one that runs in no container. */
  readonly image: FoundImage | null;
  /** Null while it is not known. */
  readonly offers: FoundOffers | null;
}

export interface FoundImage {
  readonly reference: string;
  /** Of the reference's own repository. */
  readonly digests: readonly string[];
  /** Of its content; null while the engine does not have it. */
  readonly id: string | null;
}

export interface FoundOffers {
  readonly tools: readonly McpTool[];
  /** What the server tells a model of how to use it. */
  readonly instructions?: string | undefined;
}
