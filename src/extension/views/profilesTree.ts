import * as vscode from 'vscode';

import type { Problem } from '../../shared/problem.ts';
import type { ServerReport } from '../../shared/servers.ts';
import { contextKeys, views } from '../contributions.ts';
import type { GatewayClient } from '../gatewayClient.ts';
import type { Messages } from '../messages.ts';
import type { ProfileEntry, Profiles } from '../profiles.ts';
import { isTrusted } from '../trust.ts';
import { profileItem, serverItem, toolItem, type Row, type ServerRow } from './rows.ts';
import { serverDecorations } from './serverMarks.ts';

/** Many events of one change become one refresh. */
const settleMs = 200;

/** The view "Profiles": profile → servers → tools. It reads and watches only while it is visible. */
export class ProfilesTree implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly profiles: Profiles;
  private readonly gateway: GatewayClient;
  private readonly messages: Messages;
  private readonly treeChanged = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Row>;
  private readonly always: vscode.Disposable[] = [];
  private whileVisible: vscode.Disposable[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  readonly onDidChangeTreeData = this.treeChanged.event;

  constructor(profiles: Profiles, gateway: GatewayClient, messages: Messages) {
    this.profiles = profiles;
    this.gateway = gateway;
    this.messages = messages;
    this.view = vscode.window.createTreeView(views.profiles, { treeDataProvider: this, showCollapseAll: true });
    this.always.push(
      this.view,
      vscode.window.registerFileDecorationProvider(serverDecorations),
      this.view.onDidChangeVisibility(({ visible }) => this.setVisible(visible)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.restart()),
    );
    this.setVisible(this.view.visible);
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (!isTrusted()) {
      return [];
    }
    if (row === undefined) {
      return await this.profileRows();
    }
    if (row.kind === 'profile') {
      return this.serverRows(row.entry);
    }
    const tools = row.kind === 'server' ? (row.report?.tools ?? []) : [];
    return tools.map((tool) => ({ kind: 'tool', entry: row.entry, server: row.server, tool }));
  }

  getTreeItem(row: Row): vscode.TreeItem {
    if (row.kind === 'profile') {
      return profileItem(row, (vscode.workspace.workspaceFolders?.length ?? 0) > 1);
    }
    return row.kind === 'server' ? serverItem(row) : toolItem(row);
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.whileVisible, ...this.always).dispose();
    this.treeChanged.dispose();
  }

  private async profileRows(): Promise<Row[]> {
    const entries = await this.profiles.list();
    await vscode.commands.executeCommand('setContext', contextKeys.profilesRead, true);
    if (!entries.ok) {
      this.messages.problem(entries.problem);
      return [];
    }
    return entries.value.map((entry) => ({ kind: 'profile', entry, problem: this.problemOf(entry) }));
  }

  /** A gateway that does not answer is said once above the rows, and not at each. */
  private problemOf(entry: ProfileEntry): Problem | undefined {
    const knowledge = this.profiles.knowledgeOf(entry);
    return knowledge.kind === 'failed' && this.gateway.state.kind === 'connected' ? knowledge.problem : undefined;
  }

  private serverRows(entry: ProfileEntry): ServerRow[] {
    const { profile } = entry.file;
    if (!profile.ok) {
      return [];
    }
    const knowledge = this.profiles.knowledgeOf(entry);
    const reports: readonly ServerReport[] = knowledge.kind === 'known' ? knowledge.servers : [];
    return profile.value.servers.map((server) => ({
      kind: 'server',
      entry,
      server,
      report: reports.find((report) => report.name === server.name),
    }));
  }

  private setVisible(visible: boolean): void {
    vscode.Disposable.from(...this.whileVisible).dispose();
    this.whileVisible = visible && isTrusted() ? this.watch() : [];
  }

  private watch(): vscode.Disposable[] {
    this.profiles.outdate();
    this.refreshSoon();
    const watchers = this.profiles.patterns().map((pattern) => vscode.workspace.createFileSystemWatcher(pattern));
    const fileChanged = (): void => {
      this.profiles.renew();
      this.refreshSoon();
    };
    return [
      ...watchers,
      ...watchers.flatMap((watcher) => [
        watcher.onDidChange(fileChanged),
        watcher.onDidCreate(fileChanged),
        watcher.onDidDelete(fileChanged),
      ]),
      this.gateway.hold(),
      this.gateway.onDidChangeProfile((id) => {
        this.profiles.outdate(id);
        this.refreshSoon();
      }),
      this.gateway.onDidChangeSecrets(() => {
        this.profiles.outdate();
        this.refreshSoon();
      }),
      this.gateway.onDidChangeState((state) => {
        if (state.kind === 'connected') {
          this.view.message = '';
          this.profiles.outdate();
          this.refreshSoon();
        } else if (state.kind === 'disconnected') {
          this.view.message = `${state.problem.message} ${state.problem.next}`;
        }
      }),
      this.profiles.onDidChange(() => this.refreshSoon()),
    ];
  }

  private restart(): void {
    this.setVisible(this.view.visible);
    this.refreshSoon();
  }

  private refreshSoon(): void {
    // Not put off by what comes meanwhile: that is read then too.
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.treeChanged.fire(undefined);
    }, settleMs);
  }
}
