import type { CallDetail, CallSummary } from './calls.ts';
import type { Problem } from './problem.ts';

/** What the inspector page says to whoever shows it. */
export type InspectorRequest =
  { readonly kind: 'ready' } | { readonly kind: 'showCall'; readonly id: string } | { readonly kind: 'copy'; readonly text: string };

/** What whoever shows the inspector page says to it. */
export type InspectorMessage =
  | { readonly kind: 'connection'; readonly state: ConnectionState }
  /** Replaces everything shown. Newest last. */
  | { readonly kind: 'calls'; readonly calls: readonly CallSummary[] }
  /** A new call, or a newer summary of a known one. */
  | { readonly kind: 'callChanged'; readonly call: CallSummary }
  | { readonly kind: 'callDetail'; readonly call: CallDetail };

export type ConnectionState =
  { readonly kind: 'connecting' } | { readonly kind: 'connected' } | { readonly kind: 'disconnected'; readonly problem: Problem };
