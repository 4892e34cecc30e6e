import type { SessionSelection } from './controlProtocol.ts';
import type { GatewaySettings } from './gatewaySettings.ts';

/** How clients reach a gateway that runs in the foreground. */
export type GatewayTransport =
  | { readonly kind: 'stdio' }
  | {
      readonly kind: 'streaming';
      readonly host: string;
      /** 0 is any free one. */
      readonly port: number;
      /** Names that a request may call the gateway by, besides those of this computer. */
      readonly allowedHosts: readonly string[];
      /** A file of tokens that may use less than the gateway's own. */
      readonly tokensFile?: string;
      /** Files in PEM; every connection is encrypted then. */
      readonly tls?: { readonly cert: string; readonly key: string };
      /** Listens where others could read along, without TLS. */
      readonly insecure?: true;
      /** Origins whose pages may call the gateway from a browser. */
      readonly corsOrigins?: readonly string[];
      /** Requests a second for each token. */
      readonly rateLimit?: number;
      /** Bytes of one request's body. */
      readonly maxBody?: number;
      /** A file that gets a line for each session, call and refusal. */
      readonly auditLog?: string;
    };

/** What `wharf gateway run` does in its own process, without a daemon. */
export interface GatewayRun {
  /** In the order in which they were named; at least one, and over stdio exactly one. */
  readonly profiles: readonly SessionSelection[];
  readonly settings: GatewaySettings;
  readonly transport: GatewayTransport;
  /** Reads everything, says what would be served, and ends. */
  readonly dryRun: boolean;
  /** Each call is a line on stderr. */
  readonly logCalls: boolean;
  readonly verbose: boolean;
}
