import type { BenchClient } from '../client/messages.ts';

export const variantNames = ['bare', 'relays', 'wharf', 'wharf-http', 'mcp-proxy', 'supergateway'] as const;

export type VariantName = (typeof variantNames)[number];

export const variantTitles: Readonly<Record<VariantName, string>> = {
  bare: 'bare server',
  relays: 'two plain relays',
  wharf: 'Wharf, stdio',
  'wharf-http': 'Wharf, HTTP',
  'mcp-proxy': 'mcp-proxy',
  supergateway: 'supergateway',
};

/** One way from a client to the same server. */
export interface Variant {
  readonly name: VariantName;
  /** A new client. For stdio it is a new process, else a new connection to what runs already. */
  open(): BenchClient;
  /** The processes that serve all clients together, their children included. */
  sharedProcesses(): readonly number[];
}
