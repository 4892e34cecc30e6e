import type { TextDocuments } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { probeGateways, type GatewayProbe, type GatewayStates } from '../core/codexConfig/gatewayAddress.ts';
import { readCodexConfig } from '../core/codexConfig/servers.ts';
import { isCodexConfig } from './checkedDocuments.ts';

export interface GatewayWatchOptions {
  readonly probe: GatewayProbe;
  /** How long a document must rest after a change before its gateways are asked. Milliseconds. */
  readonly restMs: number;
  /** How soon a gateway that is not well is asked again, as long as a document names it. Milliseconds. */
  readonly againMs: number;
  /** Hears of a document whose gateways are not what they were. */
  readonly changed: (uri: string) => void;
}

interface Watched {
  readonly timer: ReturnType<typeof setTimeout> | undefined;
  readonly states: GatewayStates;
}

/** What is known of the gateways that open documents name. Documents are checked without waiting for it. */
export class GatewayWatch {
  readonly #watched = new Map<string, Watched>();
  readonly #documents: TextDocuments<TextDocument>;
  readonly #options: GatewayWatchOptions;

  constructor(documents: TextDocuments<TextDocument>, options: GatewayWatchOptions) {
    this.#documents = documents;
    this.#options = options;
    documents.onDidChangeContent(({ document }) => {
      if (isCodexConfig(document)) {
        this.#askIn(document.uri, options.restMs);
      }
    });
    documents.onDidClose(({ document }) => {
      clearTimeout(this.#watched.get(document.uri)?.timer);
      this.#watched.delete(document.uri);
    });
  }

  /** What the last probe of a document's gateways found; undefined before there was one. */
  statesOf(uri: string): GatewayStates | undefined {
    return this.#watched.get(uri)?.states;
  }

  stop(): void {
    for (const { timer } of this.#watched.values()) {
      clearTimeout(timer);
    }
    this.#watched.clear();
  }

  #askIn(uri: string, ms: number): void {
    const watched = this.#watched.get(uri);
    clearTimeout(watched?.timer);
    // The connection alone decides how long this process lives.
    const timer = setTimeout(() => void this.#ask(uri), ms).unref();
    this.#watched.set(uri, { timer, states: watched?.states ?? new Map() });
  }

  async #ask(uri: string): Promise<void> {
    const document = this.#documents.get(uri);
    const asked = this.#watched.get(uri);
    if (document === undefined || asked === undefined) {
      return;
    }
    const states = await probeGateways(readCodexConfig(document.getText()).servers, this.#options.probe);
    if (this.#watched.get(uri) !== asked) {
      return; // It was changed or closed meanwhile, and is asked again, or never.
    }
    this.#watched.set(uri, { timer: undefined, states });
    if (!isSame(asked.states, states)) {
      this.#options.changed(uri);
    }
    if ([...states.values()].some((state) => state !== 'healthy')) {
      this.#askIn(uri, this.#options.againMs);
    }
  }
}

function isSame(one: GatewayStates, other: GatewayStates): boolean {
  return one.size === other.size && [...one].every(([origin, state]) => other.get(origin) === state);
}
