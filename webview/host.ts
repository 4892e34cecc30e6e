import type { InspectorMessage, InspectorRequest } from '../src/shared/inspectorProtocol.ts';
import type { ViewState } from './state.ts';

/** Whoever shows the page: VS Code, a browser's server, or a test. */
export interface Host {
  send(request: InspectorRequest): void;
  onMessage(listener: (message: InspectorMessage) => void): void;
  /** What `saveState` kept before the page was hidden or reloaded. */
  loadState(): ViewState | undefined;
  saveState(state: ViewState): void;
}

/** https://code.visualstudio.com/api/extension-guides/webview#persistence */
interface VsCodeApi {
  readonly postMessage: (message: InspectorRequest) => void;
  readonly getState: () => ViewState | undefined;
  readonly setState: (state: ViewState) => void;
}

declare const acquireVsCodeApi: (() => VsCodeApi) | undefined;

declare global {
  interface Window {
    /** Set before the page's script runs by whoever shows the page outside VS Code. */
    wharfHost?: Host;
  }
}

function vscodeHost(acquire: () => VsCodeApi): Host {
  const { postMessage, getState, setState } = acquire();
  return {
    send: (request) => postMessage(request),
    onMessage: (listener) => window.addEventListener('message', (event: MessageEvent<InspectorMessage>) => listener(event.data)),
    loadState: () => getState(),
    saveState: (state) => setState(state),
  };
}

/** The host that this page was given, or undefined when it was opened by itself. */
export function findHost(): Host | undefined {
  if (window.wharfHost !== undefined) {
    return window.wharfHost;
  }
  return typeof acquireVsCodeApi === 'function' ? vscodeHost(acquireVsCodeApi) : undefined;
}
