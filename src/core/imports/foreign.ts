/** The programs whose configurations can be read. */
export const clientKinds = ['claude-code', 'claude-desktop', 'cursor', 'vscode', 'codex'] as const;

export type ClientKind = (typeof clientKinds)[number];

/** Where servers come from: a client, Docker's files from before it had profiles, or the profiles of its command. */
export type ImportOrigin = ClientKind | 'docker' | 'docker-mcp';

/**
 * What stands in a text for a value that is not in the file. In a `MarkedText` each is one character, `mark(index)`, so that a text can
 * be taken apart at its colons and equals signs without meeting those of a placeholder.
 */
export type Placeholder =
  /** A variable of the environment; `fallback` where it is not set. */
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: string | null }
  /** What VS Code asks a person for. */
  | { readonly kind: 'input'; readonly id: string; readonly isSecret: boolean; readonly fallback: string | null }
  | { readonly kind: 'workspace' }
  | { readonly kind: 'home' }
  /** As it is written, such as `${command:x}`. */
  | { readonly kind: 'unknown'; readonly written: string };

/** A text with a mark for each placeholder. */
export type MarkedText = string;

export type ForeignTransport =
  | {
      readonly kind: 'stdio';
      readonly command: MarkedText;
      readonly args: readonly MarkedText[];
      readonly env: Readonly<Record<string, MarkedText>>;
      readonly cwd: MarkedText | null;
    }
  | { readonly kind: 'http'; readonly url: MarkedText; readonly isSse: boolean; readonly headers: Readonly<Record<string, MarkedText>> };

/** Something of a server that its entry in the profile does not have, and half a sentence that says why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** One server as another program's configuration has it. */
export interface ForeignServer {
  readonly name: string;
  readonly client: ClientKind;
  readonly file: string;
  readonly isEnabled: boolean;
  readonly transport: ForeignTransport;
  readonly placeholders: readonly Placeholder[];
  /** Names of the only tools that the program offers; null for all. */
  readonly tools: readonly string[] | null;
  /** Milliseconds; null where the file says nothing. */
  readonly startTimeoutMs: number | null;
  readonly callTimeoutMs: number | null;
  /** Null where the file says nothing of OAuth. */
  readonly oauthScopes: readonly string[] | null;
  readonly leftOut: readonly LeftOut[];
}

/** What one file says. */
export interface ForeignConfig {
  readonly servers: readonly ForeignServer[];
  /** Entries that are no servers, each with half a sentence. */
  readonly unusable: readonly { readonly name: string; readonly why: string }[];
}
