import * as vscode from 'vscode';

import type { ConnectionState, InspectorMessage, InspectorRequest } from '../../shared/inspectorProtocol.ts';
import { webviewPanels } from '../contributions.ts';
import type { GatewayClient, GatewayState } from '../gatewayClient.ts';
import type { Messages } from '../messages.ts';
import { webviewHtml } from './webviewHtml.ts';

/** The one inspector panel of a window: it passes on what the gateway says about calls. */
export class InspectorPanel implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly dist: vscode.Uri;
  /** Tabs do not tint their icons. */
  private readonly icon: { readonly light: vscode.Uri; readonly dark: vscode.Uri };
  private readonly gateway: GatewayClient;
  private readonly messages: Messages;
  private shown: { readonly panel: vscode.WebviewPanel; readonly parts: vscode.Disposable } | undefined;
  /** The page was made anew when it says "ready": only then does it listen. */
  private listening = false;

  constructor(extensionUri: vscode.Uri, gateway: GatewayClient, messages: Messages) {
    this.dist = vscode.Uri.joinPath(extensionUri, 'dist');
    const media = (name: string): vscode.Uri => vscode.Uri.joinPath(extensionUri, 'media', name);
    this.icon = { light: media('inspector-light.svg'), dark: media('inspector-dark.svg') };
    this.gateway = gateway;
    this.messages = messages;
  }

  open(): void {
    if (this.shown !== undefined) {
      this.shown.panel.reveal();
      return;
    }
    const title = vscode.l10n.t('Wharf Inspector');
    this.take(vscode.window.createWebviewPanel(webviewPanels.inspector, title, vscode.ViewColumn.Active, {}));
  }

  /** VS Code gives back the panel of an earlier window; the page itself keeps what was selected. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.shown?.panel.dispose();
    this.take(panel);
    return Promise.resolve();
  }

  dispose(): void {
    this.shown?.panel.dispose();
  }

  private take(panel: vscode.WebviewPanel): void {
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.dist], enableForms: false };
    panel.iconPath = this.icon;
    const parts = vscode.Disposable.from(
      this.gateway.hold(),
      this.gateway.onDidChangeState((state) => void this.showConnection(state)),
      this.gateway.onDidChangeCall((call) => this.send({ kind: 'callChanged', call })),
      panel.webview.onDidReceiveMessage((request: InspectorRequest) => void this.answer(request)),
    );
    panel.onDidChangeViewState(() => {
      // A hidden page is thrown away (retainContextWhenHidden is off) and says "ready" again.
      this.listening &&= panel.visible;
    });
    panel.onDidDispose(() => {
      parts.dispose();
      if (this.shown?.panel === panel) {
        this.shown = undefined;
        this.listening = false;
      }
    });
    this.shown = { panel, parts };
    panel.webview.html = webviewHtml(panel.webview, this.dist, { title: panel.title, script: 'webview.js', style: 'webview.css' });
  }

  private async answer(request: InspectorRequest): Promise<void> {
    switch (request.kind) {
      case 'ready':
        this.listening = true;
        await this.showConnection(this.gateway.state);
        return;
      case 'showCall': {
        const call = await this.gateway.request('calls/show', { id: request.id });
        if (call.ok) {
          this.send({ kind: 'callDetail', call: call.value });
        } else if (this.gateway.state.kind === 'connected') {
          this.messages.problem(call.problem);
        }
        return;
      }
      case 'copy':
        await vscode.env.clipboard.writeText(request.text);
        return;
    }
  }

  /** Tells the page how the connection is, and follows the calls on a new one. */
  private async showConnection(state: GatewayState): Promise<void> {
    if (!this.listening) {
      return;
    }
    this.send({ kind: 'connection', state: connectionState(state) });
    if (state.kind !== 'connected') {
      return;
    }
    const calls = await state.client.request('calls/follow', {});
    if (calls.ok) {
      this.send({ kind: 'calls', calls: calls.value.calls });
    }
  }

  private send(message: InspectorMessage): void {
    if (this.listening) {
      void this.shown?.panel.webview.postMessage(message);
    }
  }
}

function connectionState(state: GatewayState): ConnectionState {
  switch (state.kind) {
    case 'connected':
      return { kind: 'connected' };
    case 'disconnected':
      return { kind: 'disconnected', problem: state.problem };
    case 'idle':
    case 'connecting':
      return { kind: 'connecting' };
  }
}
