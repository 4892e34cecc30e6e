import * as vscode from 'vscode';

import type { ProfileServer } from '../../core/profile/profile.ts';
import type { Problem } from '../../shared/problem.ts';
import type { ServerReport, ToolSummary } from '../../shared/servers.ts';
import { rowFlags, rowKinds, type RowKind } from '../contributions.ts';
import { at } from '../documents.ts';
import { loadShownLine } from '../lazyPrograms.ts';
import type { ProfileEntry } from '../profiles.ts';
import { profileDescription, readOnlyText, reachOf, serverDescription, stateOf, toolCount, toolTooltip } from './describe.ts';
import { remedyOf } from './remedies.ts';
import { decorationUri, markWords, marksOf, wantedSecrets } from './serverMarks.ts';
import { serverTooltip } from './serverTooltip.ts';

/** A row of the profiles view; commands get it as their argument. */
export type Row = ProfileRow | ServerRow | ToolRow;

export interface ProfileRow {
  readonly kind: 'profile';
  readonly entry: ProfileEntry;
  /** Why the gateway cannot say anything about its servers. */
  readonly problem: Problem | undefined;
}

export interface ServerRow {
  readonly kind: 'server';
  readonly entry: ProfileEntry;
  readonly server: ProfileServer;
  readonly report: ServerReport | undefined;
}

export interface ToolRow {
  readonly kind: 'tool';
  readonly entry: ProfileEntry;
  readonly server: ProfileServer;
  readonly tool: ToolSummary;
}

/** The row that a command was called on, when it was called on one. */
export function rowOf(argument: unknown): Row | undefined {
  const isRow = typeof argument === 'object' && argument !== null && 'kind' in argument && 'entry' in argument;
  // Only this extension makes rows, and VS Code hands back the same object.
  return isRow ? (argument as Row) : undefined;
}

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

export function profileItem(row: ProfileRow, several: boolean): vscode.TreeItem {
  const { file } = row.entry;
  const count = file.profile.ok ? file.profile.value.servers.length : 0;
  const item = new vscode.TreeItem(file.id, count > 0 ? Expanded : None);
  const description = profileDescription(row.entry, several);
  item.id = file.path;
  item.description = description;
  item.contextValue = profileKind(row.entry);
  item.accessibilityInformation = { label: vscode.l10n.t('{0} profile, {1}', file.id, description.replaceAll(' · ', ', ')) };
  if (!file.profile.ok) {
    const { problem } = file.profile;
    const place = problem.place ?? { file: file.path, line: 1, column: 1 };
    item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
    item.tooltip = `${vscode.workspace.asRelativePath(place.file)}:${place.line}: ${problem.message}\n${problem.next}`;
    item.command = {
      command: 'vscode.open',
      title: vscode.l10n.t('Open File'),
      arguments: [vscode.Uri.file(place.file), { selection: at(place) }],
    };
    item.accessibilityInformation = {
      label: vscode.l10n.t('{0} profile, cannot be read, line {1}: {2}', file.id, place.line, problem.message),
    };
    return item;
  }
  item.iconPath =
    file.allowed && file.changedImages.length === 0
      ? new vscode.ThemeIcon('layers')
      : new vscode.ThemeIcon('shield', new vscode.ThemeColor('list.warningForeground'));
  item.tooltip = file.allowed
    ? [vscode.workspace.asRelativePath(file.path), ...changedWords(row.entry)].join('\n')
    : vscode.l10n.t(
        file.isPulled
          ? '{0} came from a registry. None of its tools are offered until you allow this content.'
          : file.scope === 'user'
            ? 'A catalogue gives a server of {0} more than before. None of its tools are offered until you allow that.'
            : '{0} came with the project. None of its tools are offered until you allow this content.',
        vscode.workspace.asRelativePath(file.path),
      );
  if (row.problem !== undefined) {
    item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    item.tooltip = `${row.problem.message}\n${row.problem.next}`;
    item.accessibilityInformation = {
      label: vscode.l10n.t('{0} profile, {1}: {2}', file.id, description.replaceAll(' · ', ', '), row.problem.message),
    };
  }
  return item;
}

function changedWords({ file }: ProfileEntry): readonly string[] {
  return file.changedImages.length === 0
    ? []
    : [
        vscode.l10n.t(
          'Since you allowed it, these servers got another image, and they get nothing of what you granted: {0}.',
          file.changedImages.join(', '),
        ),
      ];
}

function profileKind(entry: ProfileEntry): RowKind {
  if (!entry.file.profile.ok) {
    return rowKinds.brokenProfile;
  }
  if (!entry.file.allowed) {
    return rowKinds.newProfile;
  }
  return entry.file.changedImages.length > 0 ? rowKinds.changedProfile : rowKinds.profile;
}

export function serverItem(row: ServerRow): vscode.TreeItem {
  const { entry, server, report } = row;
  const tools = report?.tools ?? [];
  const marks = marksOf(entry, server, report);
  const item = new vscode.TreeItem(server.name, tools.length > 0 ? Collapsed : None);
  item.id = `${entry.file.path}#${server.name}`;
  item.description = serverDescription(server, report, entry.file.allowed, marks);
  item.iconPath = serverIcon(row);
  item.resourceUri = decorationUri(entry.file.path, server, marks);
  // Not in resolveTreeItem: VS Code does not ask for it where a row has a decoration.
  item.tooltip = serverTooltip(server, report, marks, loadShownLine().shownLine);
  item.contextValue = serverContext(row);
  const words = [stateOf(report), ...markWords(marks), toolCount(report?.tools), reachOf(server)];
  item.accessibilityInformation = { label: vscode.l10n.t('{0} server, {1}', server.name, words.join(', ')) };
  return item;
}

function serverContext(row: ServerRow): string {
  if (!row.entry.file.allowed) {
    return rowKinds.server;
  }
  const flags = [
    ...(wantedSecrets(row.server).length > 0 ? [rowFlags.secrets] : []),
    ...((row.report?.learnedHosts ?? 0) > 0 ? [rowFlags.learned] : []),
  ];
  return [serverKind(row), ...flags].join('');
}

function serverKind({ entry, report }: ServerRow): RowKind {
  switch (remedyOf(entry, report)) {
    case 'signIn':
      return rowKinds.loginServer;
    case 'setSecret':
      return rowKinds.secretServer;
    case 'unlock':
      return rowKinds.lockedServer;
    case 'relax':
      return rowKinds.strictServer;
    case 'allowAgain':
      return rowKinds.changedServer;
    case undefined:
      return (report?.tools ?? null) === null ? rowKinds.unaskedServer : rowKinds.server;
  }
}

/** A server that waits for its person shows for what; whatever else failed is an error. */
function serverIcon({ entry, report }: ServerRow): vscode.ThemeIcon {
  const state = report?.state.kind ?? 'stopped';
  const remedy = state === 'failed' || state === 'stopped' ? remedyOf(entry, report) : undefined;
  if (remedy !== undefined && entry.file.allowed) {
    const pictures = { signIn: 'key', setSecret: 'key', unlock: 'lock', relax: 'shield', allowAgain: 'shield' };
    return new vscode.ThemeIcon(pictures[remedy], new vscode.ThemeColor('list.warningForeground'));
  }
  const working = new vscode.ThemeIcon('loading~spin');
  const icons = {
    stopped: new vscode.ThemeIcon('vm-outline'),
    starting: working,
    ready: new vscode.ThemeIcon('vm-active', new vscode.ThemeColor('testing.iconPassed')),
    paused: new vscode.ThemeIcon('debug-pause'),
    stopping: working,
    failed: new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground')),
  };
  return icons[state];
}

export function toolItem(row: ToolRow): vscode.TreeItem {
  const { entry, server, tool } = row;
  const item = new vscode.TreeItem(tool.name, None);
  item.id = `${entry.file.path}#${server.name}/${tool.name}`;
  item.description = tool.title ?? tool.description ?? '';
  item.tooltip = toolTooltip(tool);
  item.iconPath = new vscode.ThemeIcon(tool.readOnly === true ? 'lock' : 'tools');
  item.contextValue = rowKinds.tool;
  item.accessibilityInformation = { label: vscode.l10n.t('{0} tool. {1}', tool.name, readOnlyText(tool)) };
  return item;
}
